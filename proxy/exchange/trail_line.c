/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/trail_line.h"
#include "exchange/caching/caching.h"

#include <time.h>

#include "base/format.h"
#include "http/grpc.h"

/* The texts of a JSON line, and everything else in it. */
enum { TEXTS = 11, REST_MAX = 768 };
_Static_assert(TEXTS *TRAIL_TEXT_MAX + REST_MAX <= TRAIL_LINE_MAX, "every line fits");

static void put_escaped(struct buffer *line, struct text value)
{
    size_t room = line->cap - line->len;
    struct buffer part = buffer_over(line->at + line->len, room < TRAIL_TEXT_MAX ? room : TRAIL_TEXT_MAX);
    buffer_json_escape(&part, value);
    line->len += part.len;
}

static void put_text(struct buffer *line, const char *key, struct text value)
{
    buffer_add(line, text_of(key));
    buffer_byte(line, '"');
    put_escaped(line, value);
    buffer_byte(line, '"');
}

static void put_number(struct buffer *line, const char *key, uint64_t value)
{
    buffer_add(line, text_of(key));
    buffer_number(line, value);
}

/* us as ms with three decimals */
static void put_ms(struct buffer *line, const char *key, uint64_t us)
{
    const char decimals[4] = {'.', (char)('0' + us / 100 % 10), (char)('0' + us / 10 % 10),
                              (char)('0' + us % 10)};
    put_number(line, key, us / 1000);
    buffer_add(line, (struct text){decimals, sizeof decimals});
}

static struct text field_of(const struct exchange *exchange, enum field_id id)
{
    const struct field *field = fields_find(&exchange->down->head_in.fields, id);
    return field != NULL ? field->value : TEXT_NONE;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The clock of every loop that runs by itself. */
static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t trail_duration(const struct exchange *exchange)
{
    const struct loop *loop = exchange->lane->loop;
    uint64_t duration = loop->now_us - exchange->started_us;
    if (duration > 0 || loop->uv == NULL)
        return duration;
    uint64_t now = now_us();
    return now > exchange->started_us ? now - exchange->started_us : 0;
}

static void put_upstream(struct buffer *line, const struct exchange *exchange)
{
    if (exchange->attempts == 0)
        return;
    put_text(line, ",\"upstream\":", exchange->view->snapshot->clusters[exchange->cluster]->name);
    if (exchange->endpoint.len > 0)
        put_text(line, ",\"endpoint\":", exchange->endpoint);
    if (exchange->tries > 0 && exchange->first_byte_us != 0)
        put_ms(line, ",\"upstream_ms\":", exchange->first_byte_us - exchange->sent_us);
    put_number(line, ",\"attempts\":", exchange->tries);
}

static struct text protocol_of(const struct head *head)
{
    if (head->major == 2)
        return TEXT("HTTP/2.0");
    return head->minor == 0 ? TEXT("HTTP/1.0") : TEXT("HTTP/1.1");
}

/* What the client sent and got where weir has an Upgrade and a 101 (RFC 8441 section 5). */
static bool is_extended_connect(const struct head *head)
{
    return head->major == 2 && head->upgrade;
}

static struct text method_of_line(const struct head *head)
{
    return is_extended_connect(head) ? TEXT("CONNECT") : head->method_text;
}

static unsigned status_of_line(const struct exchange *exchange)
{
    bool opened = exchange->status == 101 && is_extended_connect(&exchange->down->head_in);
    return opened ? 200 : exchange->status;
}

static void put_tls(struct buffer *line, const struct caller *caller)
{
    if (caller->tls_version != 0)
        buffer_add(line, caller->tls_version == 12 ? TEXT(",\"tls\":\"1.2\"") : TEXT(",\"tls\":\"1.3\""));
}

/* What the client was told, in the trailers or in a head that is all there is. */
static const struct field *grpc_status_of(const struct stream *down)
{
    const struct text name = TEXT("grpc-status");
    const struct field *status = fields_find_name(&down->trailers_out, name);
    return status != NULL ? status : fields_find_name(&down->head_out.fields, name);
}

/* Calls of gRPC have a status of their own; that of HTTP is 200 also when they fail. A client that has left was told
 * nothing: then it is the fault's. */
static void put_grpc(struct buffer *line, const struct exchange *exchange)
{
    const struct field *status = exchange->grpc ? grpc_status_of(exchange->down) : NULL;
    if (status != NULL) {
        put_text(line, ",\"grpc_status\":", status->value);
    } else if (exchange->grpc && exchange->fault != NULL) {
        put_number(line, ",\"grpc_status\":\"", grpc_status_of_http(exchange->fault->status));
        buffer_byte(line, '"');
    }
}

static void put_json(struct buffer *line, const struct exchange *exchange)
{
    const struct head *head = &exchange->down->head_in;
    const struct route_settings *route = exchange->route->settings;
    char time[FORMAT_ISO_TIME_MAX];
    put_text(line, "{\"time\":", (struct text){time, format_iso_time(now_ms(), time)});
    put_text(line, ",\"listener\":", exchange->front->settings->name);
    put_text(line, ",\"route\":", route != NULL ? route->name : TEXT(""));
    put_text(line, ",\"client\":", caller_ip(exchange->caller));
    put_text(line, ",\"method\":", method_of_line(head));
    put_text(line, ",\"host\":", head->authority);
    put_text(line, ",\"path\":", head->path);
    put_text(line, ",\"protocol\":", protocol_of(head));
    put_tls(line, exchange->caller);
    put_number(line, ",\"status\":", status_of_line(exchange));
    put_grpc(line, exchange);
    put_number(line, ",\"bytes_in\":", exchange->body_in);
    put_number(line, ",\"bytes_out\":", exchange->body_out);
    put_ms(line, ",\"duration_ms\":", trail_duration(exchange));
    put_upstream(line, exchange);
    if (exchange->hops > 0)
        put_number(line, ",\"redirects\":", exchange->hops);
    if (caching_word(exchange) != NULL)
        put_text(line, ",\"cache\":", text_of(caching_word(exchange)));
    put_text(line, ",\"request_id\":", exchange->request_id);
    if (exchange->fault != NULL)
        put_text(line, ",\"fault\":", text_of(exchange->fault->name));
    put_text(line, ",\"user_agent\":", field_of(exchange, FIELD_USER_AGENT));
    put_text(line, ",\"referer\":", field_of(exchange, FIELD_REFERER));
    buffer_add(line, TEXT("}\n"));
}

static void put_quoted(struct buffer *line, struct text value)
{
    put_text(line, " ", value.len > 0 ? value : TEXT("-"));
}

/* As it came; "-" when no request line could be read. */
static void put_request_line(struct buffer *line, const struct head *head)
{
    if (head->method_text.len + head->target.len == 0) {
        buffer_add(line, TEXT("\"-\""));
        return;
    }
    buffer_byte(line, '"');
    put_escaped(line, method_of_line(head));
    buffer_byte(line, ' ');
    put_escaped(line, head->target);
    buffer_byte(line, ' ');
    buffer_add(line, protocol_of(head));
    buffer_byte(line, '"');
}

/* NCSA common log format */
static void put_common(struct buffer *line, const struct exchange *exchange)
{
    char time[FORMAT_CLF_TIME_MAX];
    buffer_add(line, caller_ip(exchange->caller));
    buffer_add(line, TEXT(" - - ["));
    buffer_add(line, (struct text){time, format_clf_time(now_ms() / 1000, time)});
    buffer_add(line, TEXT("] "));
    put_request_line(line, &exchange->down->head_in);
    buffer_byte(line, ' ');
    buffer_number(line, status_of_line(exchange));
    buffer_add(line, TEXT(" "));
    buffer_number(line, exchange->body_out);
}

static void put_combined(struct buffer *line, const struct exchange *exchange)
{
    put_common(line, exchange);
    put_quoted(line, field_of(exchange, FIELD_REFERER));
    put_quoted(line, field_of(exchange, FIELD_USER_AGENT));
}

void trail_write_line(struct buffer *line, const struct exchange *exchange, enum trail_format format)
{
    if (format == TRAIL_JSON) {
        put_json(line, exchange);
        return;
    }
    if (format == TRAIL_COMBINED)
        put_combined(line, exchange);
    else
        put_common(line, exchange);
    buffer_add(line, TEXT("\n"));
}
