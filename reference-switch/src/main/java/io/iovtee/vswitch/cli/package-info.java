// SPDX-License-Identifier: Apache-2.0
/**
 * The command line: {@code iovtee run}, {@code nf}, {@code demo}, {@code doctor}, and commands that
 * ask a running switch over HTTP. Prints what the server says; has no JSON of its own but what it
 * writes.
 */
@NullMarked
package io.iovtee.vswitch.cli;

import org.jspecify.annotations.NullMarked;
