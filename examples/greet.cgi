#!/bin/sh
# A CGI program: who asks is in its environment, what it prints is the answer.
#
#     tine HTTP --app /greet=./examples/greet.cgi

printf 'Content-Type: text/plain;charset=UTF-8\n\n'
# What a client sends is data: quoted, and never run.
printf 'Hello %s from %s\n' "${QUERY_STRING:-you}" "$REMOTE_ADDR"
