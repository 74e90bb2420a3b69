#ifndef POLLUX_CJANSSON_SHIM_H
#define POLLUX_CJANSSON_SHIM_H

#include <jansson.h>

// jansson gives one name to this function and to its enum; Swift then takes a call for the enum's initialiser.
static inline enum json_error_code pollux_json_error_code(const json_error_t *error) { return json_error_code(error); }

#endif
