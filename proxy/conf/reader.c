/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/reader.h"

#include "conf/guard.h"

static struct place place_of(const struct reader *reader, yaml_mark_t mark)
{
    return (struct place){reader->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

struct place reader_place(const struct reader *reader)
{
    return place_of(reader, reader->event.start_mark);
}

bool reader_fail(struct reader *reader, struct place place, const char *sentence)
{
    if (!reader->failed)
        problem_add(reader->tree->problems, place, "%s", sentence);
    reader->failed = true;
    return false;
}

bool reader_charge(struct reader *reader, size_t weight, struct place place)
{
    if (weight <= TREE_NODES_MAX - reader->tree->weight) {
        reader->tree->weight += weight;
        return true;
    }
    return reader_fail(reader, place, "the configuration has more than a million values, aliases expanded");
}

/* Undecodable bytes are found before they have a line: it is counted here. */
static struct place place_of_offset(const struct reader *reader, size_t offset)
{
    struct place place = {reader->file, 1, 1};
    for (size_t i = 0; i < offset && i < reader->yaml.len; i++) {
        bool line_ends = reader->yaml.at[i] == '\n';
        place.line += line_ends;
        bool continues = ((unsigned char)reader->yaml.at[i] & 0xc0) == 0x80;
        place.column = line_ends ? 1 : place.column + !continues;
    }
    return place;
}

/* What libyaml calls a character that cannot start any token is mostly one of these. */
static bool is_tab(const struct reader *reader, const struct place *place)
{
    struct text rest = reader->yaml, line = TEXT("");
    for (unsigned i = 0; i < place->line && text_split(&rest, '\n', &line); i++)
        continue;
    return place->column > 0 && place->column <= line.len && line.at[place->column - 1] == '\t';
}

static bool fail_syntax(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    struct place place = place_of(reader, parser->problem_mark);
    const char *sentence = parser->problem == NULL ? "out of memory" : parser->problem;
    if (parser->error == YAML_READER_ERROR)
        place = place_of_offset(reader, parser->problem_offset);
    if (!reader->failed && parser->error == YAML_SCANNER_ERROR && is_tab(reader, &place))
        problem_add(reader->tree->problems, place, "this is not YAML: a tab stands here; indent with spaces");
    else if (!reader->failed)
        problem_add(reader->tree->problems, place, "this is not YAML: %s%s%s",
                    parser->context ? parser->context : "", parser->context ? ", " : "", sentence);
    reader->failed = true;
    return false;
}

bool reader_next(struct reader *reader)
{
    if (reader->has_event)
        yaml_event_delete(&reader->event);
    reader->has_event = yaml_parser_parse(&reader->parser, &reader->event) != 0;
    return reader->has_event ? true : fail_syntax(reader);
}

struct text reader_text(struct reader *reader)
{
    const yaml_event_t *event = &reader->event;
    struct text said = {(const char *)event->data.scalar.value, event->data.scalar.length};
    struct text text = arena_copy(reader->tree->arena, said);
    if (text.at == NULL)
        reader_fail(reader, reader_place(reader), "out of memory");
    else if (reader->guarded)
        guard_remove(&text);
    return text;
}
