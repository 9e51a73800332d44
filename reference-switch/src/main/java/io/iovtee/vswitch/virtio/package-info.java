// SPDX-License-Identifier: Apache-2.0
/** Split virtqueues: the device side of the switch, the driver side of the sample NF and tests. */
@NullMarked
package io.iovtee.vswitch.virtio;

import org.jspecify.annotations.NullMarked;
