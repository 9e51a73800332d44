// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.config;

import io.iovtee.flow.store.TableMod;

/**
 * A rule, group or meter that a file says there shall be, as what adds it.
 *
 * @param at where it stands: {@code file:line}
 */
record PlacedMod(TableMod mod, String at) {}
