// SPDX-License-Identifier: Apache-2.0
/**
 * The configuration file: YAML 1.2 in, checked values out, with the line of each key for messages.
 * Read once at start and again on a reload; no poll thread comes here.
 */
@NullMarked
package io.iovtee.vswitch.config;

import org.jspecify.annotations.NullMarked;
