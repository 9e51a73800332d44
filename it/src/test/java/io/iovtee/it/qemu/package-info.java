// SPDX-License-Identifier: Apache-2.0
/** Virtual machines as network functions: QEMU with a Linux guest behind vhost-user. */
@NullMarked
package io.iovtee.it.qemu;

import org.jspecify.annotations.NullMarked;
