// The peer in Node: fastify with schemas, pg with prepared statements, fast-jwt, one process a CPU.
import cluster from 'node:cluster'
import { randomUUID } from 'node:crypto'
import bcrypt from 'bcrypt'
import Fastify from 'fastify'
import { createSigner, createVerifier } from 'fast-jwt'
import pg from 'pg'

const columns = 'id, title, description, completed_at, priority, tags, due_at, sort_order, created_at, updated_at'
const priorities = ['low', 'medium', 'high']
const text = { type: 'string' }
const maybe = (schema) => ({ ...schema, nullable: true })
const taskSchema = {
    type: 'object',
    properties: {
        id: text, title: text, description: maybe(text), completed: { type: 'boolean' }, priority: text,
        tags: { type: 'array', items: text }, due_date: maybe(text), order: maybe({ type: 'integer' }),
        created_at: text, updated_at: text, completed_at: maybe(text),
    },
}

function read(row) {
    return {
        id: row.id, title: row.title, description: row.description, completed: row.completed_at !== null,
        priority: priorities[row.priority], tags: row.tags, due_date: row.due_at, order: row.sort_order,
        created_at: row.created_at, updated_at: row.updated_at, completed_at: row.completed_at,
    }
}

async function serve() {
    const secret = process.env.JWT_SECRET
    const sign = createSigner({ key: secret, algorithm: 'HS256', expiresIn: '7d' })
    const verify = createVerifier({ key: secret, algorithms: ['HS256'], cache: false })
    const pool = new pg.Pool({ max: 8 })
    const ask = async (name, sql, ...values) => (await pool.query({ name, text: sql, values })).rows
    const app = Fastify()

    app.decorateRequest('user', null)
    const authenticate = async (request, reply) => {
        try {
            const claims = verify(request.headers.authorization.slice('Bearer '.length))
            const [user] = await ask('user', 'SELECT id, email FROM users WHERE id = $1', claims.sub)
            request.user = user
        } catch (error) {
            request.log.info(error)
        }
        if (!request.user)
            return reply.code(401).send({ detail: 'not authenticated' })
    }

    app.get('/readyz', async () => ({ status: 'ok' }))
    app.get('/tasks', {
        preHandler: authenticate,
        schema: {
            querystring: { type: 'object', properties: { limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 } } },
            response: { 200: { type: 'array', items: taskSchema } },
        },
    }, async (request) => {
        const rows = await ask('list', `SELECT ${columns} FROM tasks WHERE user_id = $1
            ORDER BY created_at DESC, id DESC LIMIT $2`, request.user.id, request.query.limit)
        return rows.map(read)
    })
    app.post('/tasks', {
        preHandler: authenticate,
        schema: {
            body: {
                type: 'object', required: ['title'],
                properties: { title: text, description: maybe(text), priority: text, tags: { type: 'array', items: text } },
            },
            response: { 201: taskSchema },
        },
    }, async (request, reply) => {
        const { title, description = null, priority = 'medium', tags = [] } = request.body
        const [row] = await ask('create', `INSERT INTO tasks (user_id, id, title, description, priority, tags)
            VALUES ($1, $2, $3, $4, $5, $6) RETURNING ${columns}`, request.user.id, randomUUID(), title, description,
            priorities.indexOf(priority), tags)
        reply.code(201)
        return read(row)
    })
    app.post('/auth/login', async (request, reply) => {
        const { email, password } = request.body
        const [user] = await ask('email', `SELECT id, email, hashed_password FROM users
            WHERE todo_fold(email) = todo_fold($1)`, email)
        if (!user || !await bcrypt.compare(password, user.hashed_password))
            return reply.code(401).send({ detail: 'wrong' })
        return { access_token: sign({ sub: user.id, email: user.email }), token_type: 'bearer' }
    })
    await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
}

if (cluster.isPrimary) {
    for (let i = 0; i < Number(process.env.PROCESSES); i++)
        cluster.fork()
    cluster.on('exit', () => process.exit(1))
    process.on('SIGTERM', () => process.exit(0))
} else {
    await serve()
}
