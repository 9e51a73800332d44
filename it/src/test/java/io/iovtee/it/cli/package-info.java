// SPDX-License-Identifier: Apache-2.0
/** The packaged command line in a JVM of its own, as users start it. */
@NullMarked
package io.iovtee.it.cli;

import org.jspecify.annotations.NullMarked;
