// SPDX-License-Identifier: Apache-2.0
/** Memory shared with guests and the switch's own frame buffers. */
@NullMarked
package io.iovtee.vswitch.memory;

import org.jspecify.annotations.NullMarked;
