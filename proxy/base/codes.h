/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Status codes as cells of a counter: each code in common use has a cell, the others share one per class. So
 * the label `code` stays bounded whatever backends send, and a counter is a tenth of what a cell per number
 * would take.
 */
#ifndef BASE_CODES_H
#define BASE_CODES_H

/* The codes with a cell of their own, ascending. 499: the client was gone before the answer. */
/* clang-format off */
#define CODE_TABLE(C)                                                                                 \
    C(100) C(101) C(103) C(200) C(201) C(202) C(203) C(204) C(205) C(206) C(207) C(300) C(301) C(302) \
    C(303) C(304) C(307) C(308) C(400) C(401) C(402) C(403) C(404) C(405) C(406) C(407) C(408) C(409) \
    C(410) C(411) C(412) C(413) C(414) C(415) C(416) C(417) C(421) C(422) C(423) C(424) C(425) C(426) \
    C(428) C(429) C(431) C(451) C(499) C(500) C(501) C(502) C(503) C(504) C(505) C(507) C(508) C(511)
/* clang-format on */

enum {
#define C(code) CODE_CELL_##code,
    CODE_TABLE(C)
#undef C
        CODE_CELL_CLASSES,                  /* five cells: the other codes of 1xx to 5xx */
    CODE_CELL_NONE = CODE_CELL_CLASSES + 5, /* no answer, or a number that is no status code */
    CODE_CELLS
};

/* The cell of any number. */
unsigned code_cell(unsigned status);

/* "404", "4xx" or "none"; lives forever. */
const char *code_name(unsigned cell);

#endif
