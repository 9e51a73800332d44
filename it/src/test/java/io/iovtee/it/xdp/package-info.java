// SPDX-License-Identifier: Apache-2.0

/**
 * AF_XDP ports on veth pairs in namespaces that the tests make: frames arrive and leave byte by
 * byte, nothing else is written, and memory that was taken out of a queue is written no more. Needs
 * root.
 */
@NullMarked
package io.iovtee.it.xdp;

import org.jspecify.annotations.NullMarked;
