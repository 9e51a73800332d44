// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

/**
 * What a mirror did.
 *
 * @param frames copies that its port took, or another loop's ring for the port
 * @param bytes their bytes
 * @param lost copies that the port did not take, or that are longer than a port takes
 */
public record MirrorCounts(long frames, long bytes, long lost) {
  public static final MirrorCounts ZERO = new MirrorCounts(0, 0, 0);

  public MirrorCounts minus(MirrorCounts other) {
    return new MirrorCounts(frames - other.frames, bytes - other.bytes, lost - other.lost);
  }

  public MirrorCounts plus(MirrorCounts other) {
    return new MirrorCounts(frames + other.frames, bytes + other.bytes, lost + other.lost);
  }
}
