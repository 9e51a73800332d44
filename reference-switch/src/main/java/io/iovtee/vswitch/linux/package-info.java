// SPDX-License-Identifier: Apache-2.0
/** Every native call, through java.lang.foreign, and raw memory access. */
@NullMarked
package io.iovtee.vswitch.linux;

import org.jspecify.annotations.NullMarked;
