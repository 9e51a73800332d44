// SPDX-License-Identifier: Apache-2.0

/**
 * Who may use the HTTP listener, and with which certificate it answers: its files, tokens and
 * sessions. Depends on Vert.x's options and the JDK; knows no route.
 */
@NullMarked
package io.iovtee.verticles.access;

import org.jspecify.annotations.NullMarked;
