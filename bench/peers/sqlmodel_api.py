"""The peer in FastAPI, SQLModel, python-jose and passlib, as their tutorials lay it out, in production settings."""
import datetime
import os
import typing
import uuid

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer
from jose import JWTError, jwt
from passlib.context import CryptContext
from pydantic import BaseModel
from sqlalchemy import Column, String, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, Session, SQLModel, create_engine, select

SECRET = os.environ["JWT_SECRET"]
PRIORITIES = ["low", "medium", "high"]
engine = create_engine("postgresql+psycopg2://", pool_size=20, max_overflow=0)
passwords = CryptContext(schemes=["bcrypt"])
bearer = OAuth2PasswordBearer(tokenUrl="auth/login")
app = FastAPI()


class User(SQLModel, table=True):
    __tablename__ = "users"
    id: uuid.UUID = Field(primary_key=True)
    email: str
    hashed_password: str


class Task(SQLModel, table=True):
    __tablename__ = "tasks"
    user_id: uuid.UUID = Field(primary_key=True)
    id: uuid.UUID = Field(primary_key=True)
    title: str
    description: typing.Optional[str] = None
    completed_at: typing.Optional[datetime.datetime] = None
    priority: int = 1
    tags: typing.List[str] = Field(default=[], sa_column=Column(ARRAY(String), nullable=False))
    due_at: typing.Optional[datetime.datetime] = None
    due_is_date: bool = False
    sort_order: typing.Optional[int] = None
    created_at: datetime.datetime
    updated_at: datetime.datetime


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


def get_session():
    with Session(engine) as session:
        yield session


def get_current_user(token: str = Depends(bearer), session: Session = Depends(get_session)):
    try:
        claims = jwt.decode(token, SECRET, algorithms=["HS256"])
    except JWTError:
        raise HTTPException(401) from None
    user = session.get(User, uuid.UUID(claims["sub"]))
    if user is None:
        raise HTTPException(401)
    return user


def read(task):
    return TaskRead(**task.dict(include={"id", "title", "description", "tags", "created_at", "updated_at", "completed_at"}),
                    completed=task.completed_at is not None, priority=PRIORITIES[task.priority], due_date=task.due_at,
                    order=task.sort_order)


@app.get("/readyz")
def readyz():
    return {"status": "ok"}


@app.get("/tasks", response_model=typing.List[TaskRead])
def list_tasks(limit: int = 50, user: User = Depends(get_current_user), session: Session = Depends(get_session)):
    tasks = session.exec(select(Task).where(Task.user_id == user.id)
                         .order_by(Task.created_at.desc(), Task.id.desc()).limit(limit)).all()
    return [read(task) for task in tasks]


@app.post("/tasks", response_model=TaskRead, status_code=201)
def create_task(body: TaskCreate, user: User = Depends(get_current_user), session: Session = Depends(get_session)):
    now = datetime.datetime.now(datetime.timezone.utc)
    task = Task(user_id=user.id, id=uuid.uuid4(), title=body.title, description=body.description, tags=body.tags,
                priority=PRIORITIES.index(body.priority), created_at=now, updated_at=now)
    session.add(task)
    session.commit()
    session.refresh(task)
    return read(task)


@app.post("/auth/login")
def log_in(body: Login, session: Session = Depends(get_session)):
    user = session.exec(select(User).where(func.todo_fold(User.email) == func.todo_fold(body.email))).first()
    if user is None or not passwords.verify(body.password, user.hashed_password):
        raise HTTPException(401)
    expires = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=7)
    claims = {"sub": str(user.id), "email": user.email, "exp": expires}
    return {"access_token": jwt.encode(claims, SECRET, algorithm="HS256"), "token_type": "bearer"}
