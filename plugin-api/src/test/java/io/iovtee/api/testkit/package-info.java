// SPDX-License-Identifier: Apache-2.0

/**
 * For whoever writes a plugin: a switch in memory that behaves as plugin-api says, the contract
 * that each plugin must keep, and the plugin that does nothing. Published as the test jar of
 * plugin-api.
 */
@NullMarked
package io.iovtee.api.testkit;

import org.jspecify.annotations.NullMarked;
