// A small client on the generated types: what it does has to compile, and what stands in refused()
// has to be refused (the compiler reports an expected error that does not come).
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

type Task = components["schemas"]["Task"];

const api = createClient<paths>({ baseUrl: "https://todo.example.org" });

export async function signIn(email: string, password: string): Promise<string> {
  await api.POST("/auth/signup", { body: { email, password } });
  const { data, error } = await api.POST("/auth/login", { body: { email, password, refresh: true } });
  if (error) throw new Error(`${error.code}: ${error.detail}`);
  api.use({
    onRequest: ({ request }) => {
      request.headers.set("Authorization", `Bearer ${data.access_token}`);
      return request;
    },
  });
  return "refresh_token" in data ? data.refresh_token : "";
}

export async function everyTask(): Promise<Task[]> {
  const all: Task[] = [];
  let cursor: string | undefined;
  do {
    const { data, response } = await api.GET("/tasks", {
      params: { query: { status: "pending", priority: ["low", "high"], tag: ["home"], sort: "-due_date", limit: 200, ...(cursor ? { cursor } : {}) } },
    });
    all.push(...(data ?? []));
    const next = response.headers.get("Link")?.match(/<([^>]+)>; rel="next"/)?.[1];
    cursor = next ? (new URL(next).searchParams.get("cursor") ?? undefined) : undefined;
  } while (cursor);
  return all;
}

export async function work(id: string): Promise<void> {
  const one = await api.POST("/tasks", { body: { title: "Buy milk", tags: ["home"], due_date: "2026-11-30" } });
  if (one.data && !Array.isArray(one.data)) console.log(one.data.url);
  await api.POST("/tasks", { body: [{ title: "a" }, { title: "b", priority: "high", order: 2 }] });

  const read = await api.GET("/tasks/{id}", { params: { path: { id } } });
  const etag = read.response.headers.get("ETag") ?? "*";
  if (read.data) {
    const title: string = read.data.title;
    const due: string | null = read.data.due_date;
    console.log(title, due);
    // What was read can be sent back as it is.
    await api.PUT("/tasks/{id}", { params: { path: { id }, header: { "If-Match": etag } }, body: read.data });
  }
  const lost = await api.PATCH("/tasks/{id}", { params: { path: { id }, header: { "If-Match": etag } }, body: { due_date: null } });
  if (lost.error && "errors" in lost.error) console.log(lost.error.errors?.map((one) => `${one.field} ${one.detail}`));
  await api.POST("/tasks/{id}/complete", { params: { path: { id } } });
  await api.PATCH("/tasks/{id}/complete", { params: { path: { id } }, body: { completed: true } });
  await api.DELETE("/tasks", { params: { query: { completed: true } } });
  const stats = await api.GET("/tasks/stats");
  const high: number | undefined = stats.data?.by_priority.high;
  console.log(high);
}

export async function refused(id: string): Promise<void> {
  // @ts-expect-error a title is needed
  await api.POST("/tasks", { body: { priority: "low" } });
  // @ts-expect-error no such priority
  await api.POST("/tasks", { body: { title: "a", priority: "urgent" } });
  // @ts-expect-error no such member
  const patch: components["schemas"]["TaskPatch"] = { colour: "red" };
  await api.PATCH("/tasks/{id}", { params: { path: { id } }, body: patch });
  // @ts-expect-error a title has no default
  await api.PATCH("/tasks/{id}", { params: { path: { id } }, body: { title: null } });
  // @ts-expect-error no such order
  await api.GET("/tasks", { params: { query: { sort: "colour" } } });
  // @ts-expect-error no such filter
  await api.DELETE("/tasks", { params: { query: { limit: 5 } } });
  // @ts-expect-error no such path
  await api.GET("/task");
  // @ts-expect-error no such method
  await api.PUT("/tasks", { body: [] });
}
