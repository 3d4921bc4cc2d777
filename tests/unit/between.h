/* A number within bounds: cmocka's own assertion of that has another name in each of its versions.
 */
#ifndef UNIT_BETWEEN_H
#define UNIT_BETWEEN_H

#include <stdint.h>

#define assert_between(value, low, high)                                                           \
    do {                                                                                           \
        int64_t value_ = (int64_t)(value), low_ = (int64_t)(low), high_ = (int64_t)(high);         \
        if (value_ < low_ || value_ > high_)                                                       \
            fail_msg("%lld is not from %lld to %lld", (long long)value_, (long long)low_,          \
                     (long long)high_);                                                            \
    } while (0)

#endif
