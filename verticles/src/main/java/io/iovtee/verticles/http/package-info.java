// SPDX-License-Identifier: Apache-2.0

/**
 * The HTTP API, the metrics and the dashboard: the only place with JSON. Everything that comes in
 * is checked here and becomes a typed command on the bus; everything that goes out is JSON or, for
 * people, a table. conf/openapi.yaml is the contract.
 *
 * <p>Runs on one event loop. May use everything below {@code io.iovtee.verticles}.
 */
@NullMarked
package io.iovtee.verticles.http;

import org.jspecify.annotations.NullMarked;
