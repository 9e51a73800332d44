// SPDX-License-Identifier: Apache-2.0
/** The poll loops and what runs on them: batches, ports, pipeline, counters. */
@NullMarked
package io.iovtee.vswitch.datapath;

import org.jspecify.annotations.NullMarked;
