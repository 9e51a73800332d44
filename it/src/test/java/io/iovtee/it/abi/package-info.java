// SPDX-License-Identifier: Apache-2.0
/** Compares every hand-written number of a C header with what a C compiler says. */
@NullMarked
package io.iovtee.it.abi;

import org.jspecify.annotations.NullMarked;
