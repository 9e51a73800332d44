// SPDX-License-Identifier: Apache-2.0

/** What trace and explain say, held against what the running switch then does and counts. */
@NullMarked
package io.iovtee.it.trace;

import org.jspecify.annotations.NullMarked;
