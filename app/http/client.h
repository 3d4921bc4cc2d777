/* Who is asking: the client's address, through the proxies that are trusted to tell it. */
#ifndef APP_CLIENT_H
#define APP_CLIENT_H

#include "app/http/request.h"

enum { CLIENT_NETWORK_SIZE = 16 };

/*
 * The address as text: REMOTE_ADDR, or, where that is one of the `proxies`, what these say in
 * X-Forwarded-For or Forwarded (RFC 7239): the last address in there that is not a proxy's own.
 * Where both fields came and differ, neither is believed: a proxy that writes the one passes on
 * what a client has written into the other. Nor is X-Forwarded-For that came twice.
 */
const char *client_find(const struct request *request, const char *proxies);

/* What limits are counted by: an IPv4 address whole, of an IPv6 address the first 64 bits, for
 * whoever has one of these has them all. Zeros for what is no address (a unix socket). */
void client_network(const char *address, unsigned char out[CLIENT_NETWORK_SIZE]);

/* Whether it is a list, separated by commas, of addresses and networks such as 10.0.0.0/8. */
bool client_are_networks(const char *list);

#endif
