/* A look at a connection's FastCGI records before libfcgi reads them. */
#ifndef APP_RECORDS_H
#define APP_RECORDS_H

#include <stdbool.h>

/*
 * Waits until a whole request head has come, without taking it off the connection. True where that,
 * and what else has come by then, is one responder request and nothing else: BEGIN_REQUEST, PARAMS
 * of at most 64 KiB whose lengths add up, STDIN (FastCGI specification 1.0, sections 3 to 5). The
 * rest of a body is not looked at: the socket is its owner's alone.
 *
 * libfcgi 2.4.2 checks none of this: it overruns a buffer on a management record (FCGI_GET_VALUES),
 * aborts on the sums of CVE-2025-23016, and takes parameters of any size.
 */
bool records_await_request(int connection);

#endif
