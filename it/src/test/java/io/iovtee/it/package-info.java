// SPDX-License-Identifier: Apache-2.0

/**
 * End-to-end tests. They see every module and start real processes, sockets and network namespaces;
 * whatever a test makes, it removes.
 */
@NullMarked
package io.iovtee.it;

import org.jspecify.annotations.NullMarked;
