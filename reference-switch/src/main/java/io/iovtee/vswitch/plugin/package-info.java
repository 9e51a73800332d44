// SPDX-License-Identifier: Apache-2.0
/**
 * Plugins: found in jars of a directory, each in a class loader of its own that shows it the JDK,
 * the plugin API, the rule model and slf4j, and nothing else of the switch. Control-plane threads
 * only.
 */
@NullMarked
package io.iovtee.vswitch.plugin;

import org.jspecify.annotations.NullMarked;
