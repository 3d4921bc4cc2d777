// The peer in Go: net/http, database/sql with lib/pq and prepared statements, golang-jwt.
// FCGI in the environment: behind a web server, on the socket that is fd 0, and for signing in on AUTH_SOCKET; else on PORT.
package main

import (
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/fcgi"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt"
	"github.com/lib/pq"
	"golang.org/x/crypto/bcrypt"
)

const columns = "id, title, description, completed_at, priority, tags, due_at, sort_order, created_at, updated_at"

var (
	secret                            = []byte(os.Getenv("JWT_SECRET"))
	priorities                        = []string{"low", "medium", "high"}
	findUser, findEmail, list, create *sql.Stmt
)

type task struct {
	ID          string     `json:"id"`
	Title       string     `json:"title"`
	Description *string    `json:"description"`
	Completed   bool       `json:"completed"`
	Priority    string     `json:"priority"`
	Tags        []string   `json:"tags"`
	DueDate     *time.Time `json:"due_date"`
	Order       *int       `json:"order"`
	CreatedAt   time.Time  `json:"created_at"`
	UpdatedAt   time.Time  `json:"updated_at"`
	CompletedAt *time.Time `json:"completed_at"`
}

type scanner interface{ Scan(...interface{}) error }

func read(row scanner) (task, error) {
	var t task
	var priority int
	err := row.Scan(&t.ID, &t.Title, &t.Description, &t.CompletedAt, &priority, pq.Array(&t.Tags), &t.DueDate, &t.Order,
		&t.CreatedAt, &t.UpdatedAt)
	t.Completed = t.CompletedAt != nil
	t.Priority = priorities[priority]
	return t, err
}

func answer(w http.ResponseWriter, status int, value interface{}) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}

// currentUser is the user of the request's token; an empty string after it has answered 401.
func currentUser(w http.ResponseWriter, r *http.Request) string {
	var claims jwt.StandardClaims
	var user string
	text := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	_, err := jwt.ParseWithClaims(text, &claims, func(t *jwt.Token) (interface{}, error) {
		if t.Method != jwt.SigningMethodHS256 {
			return nil, fmt.Errorf("algorithm %v", t.Header["alg"])
		}
		return secret, nil
	})
	if err == nil {
		err = findUser.QueryRow(claims.Subject).Scan(&user)
	}
	if err != nil {
		http.Error(w, "not authenticated", http.StatusUnauthorized)
		return ""
	}
	return user
}

func listTasks(w http.ResponseWriter, user string, limit int) {
	rows, err := list.Query(user, limit)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer rows.Close()
	tasks := make([]task, 0, limit)
	for rows.Next() {
		t, err := read(rows)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		tasks = append(tasks, t)
	}
	answer(w, http.StatusOK, tasks)
}

func createTask(w http.ResponseWriter, r *http.Request, user string) {
	body := task{Priority: "medium", Tags: []string{}}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	priority := map[string]int{"low": 0, "medium": 1, "high": 2}[body.Priority]
	id := make([]byte, 16)
	_, _ = rand.Read(id)
	t, err := read(create.QueryRow(user, fmt.Sprintf("%x", id), body.Title, body.Description, priority, pq.Array(body.Tags)))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, http.StatusCreated, t)
}

func tasks(w http.ResponseWriter, r *http.Request) {
	user := currentUser(w, r)
	if user == "" {
		return
	}
	if r.Method == http.MethodPost {
		createTask(w, r, user)
		return
	}
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit < 1 || limit > 200 {
		limit = 50
	}
	listTasks(w, user, limit)
}

func logIn(w http.ResponseWriter, r *http.Request) {
	var body struct{ Email, Password string }
	var id, hash string
	err := json.NewDecoder(r.Body).Decode(&body)
	if err == nil {
		err = findEmail.QueryRow(body.Email).Scan(&id, &hash)
	}
	if err == nil {
		err = bcrypt.CompareHashAndPassword([]byte(hash), []byte(body.Password))
	}
	if err != nil {
		http.Error(w, "wrong", http.StatusUnauthorized)
		return
	}
	claims := jwt.StandardClaims{Subject: id, ExpiresAt: time.Now().AddDate(0, 0, 7).Unix()}
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(secret)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, http.StatusOK, map[string]string{"access_token": text, "token_type": "bearer"})
}

func prepare(db *sql.DB, text string) *sql.Stmt {
	statement, err := db.Prepare(text)
	if err != nil {
		log.Fatal(err)
	}
	return statement
}

func main() {
	db, err := sql.Open("postgres", "")
	if err != nil {
		log.Fatal(err)
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	findUser = prepare(db, "SELECT id FROM users WHERE id = $1")
	findEmail = prepare(db, "SELECT id, hashed_password FROM users WHERE todo_fold(email) = todo_fold($1)")
	list = prepare(db, "SELECT "+columns+" FROM tasks WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2")
	create = prepare(db, "INSERT INTO tasks (user_id, id, title, description, priority, tags) VALUES ($1, $2, $3, $4, $5, $6)"+
		" RETURNING "+columns)
	http.HandleFunc("/readyz", func(w http.ResponseWriter, r *http.Request) { answer(w, 200, "ok") })
	http.HandleFunc("/tasks", tasks)
	http.HandleFunc("/auth/login", logIn)
	if os.Getenv("FCGI") != "" {
		signIns, err := net.Listen("unix", os.Getenv("AUTH_SOCKET"))
		if err != nil {
			log.Fatal(err)
		}
		go func() { log.Fatal(fcgi.Serve(signIns, nil)) }()
		log.Fatal(fcgi.Serve(nil, nil))
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
