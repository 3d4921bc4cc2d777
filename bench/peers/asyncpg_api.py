"""The peer in FastAPI on asyncpg: statements by hand, a pool, one event loop a process."""
import asyncio
import datetime
import os
import typing
import uuid

import asyncpg
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer
from jose import JWTError, jwt
from passlib.context import CryptContext
from pydantic import BaseModel

SECRET = os.environ["JWT_SECRET"]
PRIORITIES = ["low", "medium", "high"]
COLUMNS = ("id, title, description, completed_at, priority, tags, due_at, sort_order, created_at, updated_at")
passwords = CryptContext(schemes=["bcrypt"])
bearer = OAuth2PasswordBearer(tokenUrl="auth/login")
app = FastAPI()


class TaskCreate(BaseModel):
    title: str
    description: typing.Optional[str] = None
    priority: str = "medium"
    tags: typing.List[str] = []


class TaskRead(BaseModel):
    id: uuid.UUID
    title: str
    description: typing.Optional[str]
    completed: bool
    priority: str
    tags: typing.List[str]
    due_date: typing.Optional[datetime.datetime]
    order: typing.Optional[int]
    created_at: datetime.datetime
    updated_at: datetime.datetime
    completed_at: typing.Optional[datetime.datetime]


class Login(BaseModel):
    email: str
    password: str


@app.on_event("startup")
async def connect():
    app.state.pool = await asyncpg.create_pool(min_size=8, max_size=8)


async def get_current_user(token: str = Depends(bearer)):
    try:
        claims = jwt.decode(token, SECRET, algorithms=["HS256"])
    except JWTError:
        raise HTTPException(401) from None
    user = await app.state.pool.fetchrow("SELECT id, email FROM users WHERE id = $1", uuid.UUID(claims["sub"]))
    if user is None:
        raise HTTPException(401)
    return user


def read(row):
    return {**row, "completed": row["completed_at"] is not None, "priority": PRIORITIES[row["priority"]],
            "due_date": row["due_at"], "order": row["sort_order"]}


@app.get("/readyz")
async def readyz():
    return {"status": "ok"}


@app.get("/tasks", response_model=typing.List[TaskRead])
async def list_tasks(limit: int = 50, user=Depends(get_current_user)):
    rows = await app.state.pool.fetch(f"SELECT {COLUMNS} FROM tasks WHERE user_id = $1"
                                      " ORDER BY created_at DESC, id DESC LIMIT $2", user["id"], limit)
    return [read(row) for row in rows]


@app.post("/tasks", response_model=TaskRead, status_code=201)
async def create_task(body: TaskCreate, user=Depends(get_current_user)):
    row = await app.state.pool.fetchrow(
        "INSERT INTO tasks (user_id, id, title, description, priority, tags) VALUES ($1, $2, $3, $4, $5, $6)"
        f" RETURNING {COLUMNS}", user["id"], uuid.uuid4(), body.title, body.description,
        PRIORITIES.index(body.priority), body.tags)
    return read(row)


@app.post("/auth/login")
async def log_in(body: Login):
    user = await app.state.pool.fetchrow("SELECT id, email, hashed_password FROM users"
                                         " WHERE todo_fold(email) = todo_fold($1)", body.email)
    # In a thread: the loop goes on.
    good = user is not None and await asyncio.get_running_loop().run_in_executor(
        None, passwords.verify, body.password, user["hashed_password"])
    if not good:
        raise HTTPException(401)
    expires = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=7)
    claims = {"sub": str(user["id"]), "email": user["email"], "exp": expires}
    return {"access_token": jwt.encode(claims, SECRET, algorithm="HS256"), "token_type": "bearer"}
