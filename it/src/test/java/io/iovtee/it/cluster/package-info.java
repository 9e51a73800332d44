// SPDX-License-Identifier: Apache-2.0
/** Several switches, each a process of its own, as one cluster. */
@NullMarked
package io.iovtee.it.cluster;

import org.jspecify.annotations.NullMarked;
