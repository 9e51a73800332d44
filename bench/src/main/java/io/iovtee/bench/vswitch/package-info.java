// SPDX-License-Identifier: Apache-2.0

/**
 * Switches under test, each a process of its own behind {@link
 * io.iovtee.bench.vswitch.SwitchProcess}: ours ({@link io.iovtee.bench.vswitch.JavaSwitch} starts
 * {@link io.iovtee.bench.vswitch.SwitchUnderTest}) and peers. Depends on {@link
 * io.iovtee.bench.peer}; knows no scenario. Runs on the main thread of its process.
 */
@NullMarked
package io.iovtee.bench.vswitch;

import org.jspecify.annotations.NullMarked;
