// SPDX-License-Identifier: Apache-2.0

/**
 * Tests of the architecture (which package may use which) and of the house rules (size of a file,
 * names, licence line). They read class files and sources, and need nothing else.
 */
@NullMarked
package io.iovtee.it.arch;

import org.jspecify.annotations.NullMarked;
