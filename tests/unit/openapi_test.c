/* app/openapi.json against the route table: what a route takes is what the document says it takes.
 */
#include "app/pipeline/routes.h"
#include "app/resources/read_only.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

extern const char openapi_json[];

static cJSON *document;

static int set_up(void **state)
{
    (void)state;
    document = cJSON_Parse(openapi_json);
    return document == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    cJSON_Delete(document);
    return 0;
}

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* The thing itself, where `value` is {"$ref": "#/components/…/Name"}. */
static const cJSON *resolve(const cJSON *value)
{
    const cJSON *ref = member(value, "$ref");
    if (ref == NULL)
        return value;
    const cJSON *found = document;
    for (const char *at = ref->valuestring + 1; *at == '/';) {
        char name[64] = "";
        size_t length = strcspn(at + 1, "/");
        memcpy(name, at + 1, length);
        found = member(found, name);
        at += 1 + length;
    }
    return found;
}

static const cJSON *find_operation(const struct route *route)
{
    char method[16] = "";
    for (size_t i = 0; route->method[i] != '\0'; i++)
        method[i] = (char)(route->method[i] - 'A' + 'a');
    const cJSON *operation = member(member(member(document, "paths"), route->path), method);
    if (operation == NULL)
        fail_msg("%s %s is not in app/openapi.json", route->method, route->path);
    return operation;
}

/* The properties of the body of one media type; of the object, where an array is possible, too. */
static const cJSON *find_properties(const struct route *route, const char *type)
{
    const cJSON *body = resolve(member(find_operation(route), "requestBody"));
    const cJSON *schema = resolve(member(member(member(body, "content"), type), "schema"));
    const cJSON *one_of = member(schema, "oneOf");
    return member(one_of == NULL ? schema : resolve(one_of->child), "properties");
}

static bool is_ignored(const cJSON *property)
{
    const cJSON *ref = member(property, "$ref");
    return ref != NULL && strcmp(ref->valuestring, "#/components/schemas/Ignored") == 0;
}

static const struct field *find_row(const struct fields *fields, const char *name)
{
    const struct field *row = NULL;
    for (size_t i = 0; fields != NULL && (row = fields_row(fields, i)) != NULL; i++)
        if (strcmp(row->name, name) == 0)
            break;
    return row;
}

static void check_properties(const struct route *route, const struct fields *fields,
                             const char *type)
{
    const cJSON *properties = find_properties(route, type);
    const struct field *row;
    for (size_t i = 0; fields != NULL && (row = fields_row(fields, i)) != NULL; i++)
        if (member(properties, row->name) == NULL)
            fail_msg("%s %s takes %s, and app/openapi.json does not say so", route->method,
                     route->path, row->name);
    const cJSON *property;
    cJSON_ArrayForEach (property, properties)
        if (!is_ignored(property) && find_row(fields, property->string) == NULL)
            fail_msg("%s %s: app/openapi.json has %s, which no row takes", route->method,
                     route->path, property->string);
}

static void what_a_body_may_hold_is_documented(void **state)
{
    (void)state;
    for (size_t i = 0; i < routes_count; i++) {
        check_properties(&routes[i], routes[i].body, "application/json");
        check_properties(&routes[i], routes[i].form, "application/x-www-form-urlencoded");
    }
}

static bool has_parameter(const cJSON *parameters, const char *name)
{
    const cJSON *item;
    cJSON_ArrayForEach (item, parameters)
        if (strcmp(member(resolve(item), "name")->valuestring, name) == 0)
            return true;
    return false;
}

static void what_a_query_may_hold_is_documented(void **state)
{
    (void)state;
    for (size_t i = 0; i < routes_count; i++) {
        const struct route *route = &routes[i];
        const cJSON *parameters = member(find_operation(route), "parameters");
        const struct field *row;
        for (size_t j = 0; route->query != NULL && (row = fields_row(route->query, j)) != NULL; j++)
            if (!has_parameter(parameters, row->name))
                fail_msg("%s %s takes ?%s, and app/openapi.json does not say so", route->method,
                         route->path, row->name);
        const cJSON *item;
        cJSON_ArrayForEach (item, parameters) {
            const cJSON *parameter = resolve(item);
            const char *name = member(parameter, "name")->valuestring;
            if (strcmp(member(parameter, "in")->valuestring, "query") == 0 &&
                find_row(route->query, name) == NULL)
                fail_msg("%s %s: app/openapi.json has ?%s, which no row takes", route->method,
                         route->path, name);
        }
    }
}

static void what_is_ignored_is_a_read_only_member(void **state)
{
    const cJSON *properties = member(
        member(member(member(document, "components"), "schemas"), "TaskCreate"), "properties");
    const cJSON *property;
    (void)state;
    cJSON_ArrayForEach (property, properties) {
        bool is_listed = false;
        for (const char *const *name = read_only_members; *name != NULL; name++)
            is_listed = is_listed || strcmp(*name, property->string) == 0;
        if (is_ignored(property) && !is_listed)
            fail_msg("%s is no read-only member", property->string);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_body_may_hold_is_documented),
        cmocka_unit_test(what_a_query_may_hold_is_documented),
        cmocka_unit_test(what_is_ignored_is_a_read_only_member),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
