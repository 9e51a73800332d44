// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

/**
 * The buffer that the next frame of an input will lie in.
 *
 * @param owner id of its owner
 * @param copyReason ordinal of the {@link io.iovtee.api.CopyReason} that the frame is noted with
 * @param filling id of the lender that fills the queue, {@link FrameBatch#HOST_POOL} if none
 */
record NextBuffer(int owner, byte copyReason, int filling) {}
