#!/bin/sh
# Smoke test with nothing but curl: tests/smoke.sh http://127.0.0.1:8080
# One line a step; stops at the first that does not answer as it should. It deletes the account it makes.
set -u

base=${1:?say where the service is: tests/smoke.sh http://127.0.0.1:8080}
base=${base%/}
password='correct horse battery'
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
number=0
token=''

# call METHOD PATH [BODY [TYPE]]: sets status and body.
call() {
    set -- "$1" "$2" "${3-}" "${4-application/json}"
    status=$(curl -q -sS --noproxy '*' --max-time 30 -o "$folder/body" -w '%{http_code}' -X "$1" \
        ${token:+-H "Authorization: Bearer $token"} ${3:+-H "Content-Type: $4" --data-binary "$3"} "$base$2")
    body=$(cat "$folder/body" 2>/dev/null)
}

# expect STEP STATUS [PART]: the answer just received has this status, and holds this text.
expect() {
    number=$((number + 1))
    case $status:$body in
        "$2":*"${3-}"*) echo "ok $number - $1 ($status)" ;;
        *)
            echo "not ok $number - $1"
            echo "  expected: $2${3:+ with $3}"
            echo "  got:      $status $body"
            exit 1
            ;;
    esac
}

# The value of a text member of the answer's object.
member() { printf %s "$body" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

unique=$(date +%s)-$$
anna=anna-$unique@example.com
bert=bert-$unique@example.com

call GET /readyz;                                            expect 'the service is ready' 200
call POST /auth/signup "{\"email\":\"$anna\",\"password\":\"$password\"}"
expect 'sign up' 201 "\"email\":\"$anna\""
call POST /auth/signup "{\"email\":\"$anna\",\"password\":\"$password\"}"
expect 'the same e-mail again is a conflict' 409 '"code":"email_taken"'
call POST /auth/login "{\"email\":\"$anna\",\"password\":\"not this\"}"
expect 'log in with a wrong password is refused' 401 '"status":401'
call POST /auth/login "grant_type=password&username=$anna&password=correct+horse+battery" application/x-www-form-urlencoded
expect 'log in by form' 200 '"token_type":"bearer"'
call POST /auth/login "{\"email\":\"$anna\",\"password\":\"$password\"}"
expect 'log in by JSON' 200 '"token_type":"bearer"'
call GET /tasks;                                             expect 'without a token: unauthorized' 401 '"code":'
call POST /auth/login "{\"email\":\"$anna\",\"password\":\"$password\"}"
token=$(member access_token)
call GET /auth/me;                                           expect 'who am I' 200 "\"email\":\"$anna\""
call POST /tasks '{"title":"Buy milk","priority":"high","tags":["home"],"due_date":"2030-01-31"}'
expect 'create a task' 201 '"title":"Buy milk"'
task=$(member id)
call POST /tasks '{"title":"","priority":"urgent"}';         expect 'a bad task is refused, all of it told' 422 '"field":"priority"'
call POST /tasks '{"title":';                                expect 'broken JSON is refused' 400 '"status":400'
call GET '/tasks?status=pending&q=MILK&tag=home';            expect 'find it in the list' 200 "$task"
call GET "/tasks/$task";                                     expect 'read it' 200 '"due_date":"2030-01-31"'
call PATCH "/tasks/$task" '{"title":"Buy oat milk"}';        expect 'change its title' 200 '"title":"Buy oat milk"'
call PATCH "/tasks/$task/complete";                          expect 'complete it' 200 '"completed":true'

annas=$token
token=''
call POST /auth/signup "{\"email\":\"$bert\",\"password\":\"$password\"}"
expect 'a second user signs up' 201
call POST /auth/login "{\"email\":\"$bert\",\"password\":\"$password\"}"
expect 'and logs in' 200
token=$(member access_token)
call GET "/tasks/$task";                                     expect "another user's task is not found" 404 '"code":"not_found"'
call DELETE "/tasks/$task";                                  expect 'nor can it be deleted' 404
call GET /tasks;                                             expect 'nor is it in the list' 200 '[]'
call DELETE /auth/me "{\"password\":\"$password\"}";         expect 'the second user deletes the account' 204

token=$annas
call DELETE "/tasks/$task";                                  expect 'the first deletes the task' 204
call GET "/tasks/$task";                                     expect 'it is gone' 404
call DELETE /auth/me "{\"password\":\"$password\"}";         expect 'the first deletes the account' 204
call GET /auth/me;                                           expect 'and its token is worth nothing' 401
echo "all $number steps passed"
