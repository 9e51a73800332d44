// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.DropReason;
import io.iovtee.flow.classifier.FlowKey;
import io.iovtee.flow.classifier.HeaderParser;
import io.iovtee.vswitch.linux.AddressSpace;

/**
 * The one frame that a loop's {@link Rewriter} is at: its snapshot, its key, where it lies, and
 * what has become of it so far. One loop owns it.
 */
final class FrameAtHand {
  static final int TAG_LENGTH = 4;

  /** Its snapshot, and what can be done to it. */
  final FrameEditor editor = new FrameEditor();

  final MovedFrames moved = new MovedFrames();

  private final long[] key = new long[FlowKey.WORDS];

  /** Whether the frame was changed since the key was read. */
  private boolean stale;

  private int inPort;
  private long address;
  private int length;
  private boolean changed;

  /** The frame is given up. */
  private boolean ended;

  /**
   * Begins with frame i.
   *
   * @param keys the keys of the batch; the frame's own is at {@code at}
   */
  void open(FrameBatch batch, int i, int port, int vlanLimit, long[] keys, int at) {
    batch.separate(i);
    captureMore(batch, i);
    int base = i * FrameBatch.HEADER_STRIDE;
    editor.open(batch.headers, base, batch.captured(i), vlanLimit, keys, at);
    System.arraycopy(keys, at, key, 0, FlowKey.WORDS);
    inPort = port;
    address = batch.address[i];
    length = batch.length[i];
    stale = false;
    changed = false;
    ended = false;
  }

  /**
   * Lengthens the snapshot: a checksum may lie behind what the parser needed. What was captured
   * before, and decided on, is not read again.
   */
  private static void captureMore(FrameBatch batch, int i) {
    int have = batch.captured(i);
    int want = Math.min(FrameBatch.HEADER_STRIDE, batch.length[i]);
    if (want > have) {
      int at = i * FrameBatch.HEADER_STRIDE + have;
      AddressSpace.copyToArray(batch.address[i] + have, batch.headers, at, want - have);
      batch.setCaptured(i, want);
    }
  }

  /** Number of the port that it came from. */
  int inPort() {
    return inPort;
  }

  /** In bytes, as it came. */
  int length() {
    return length;
  }

  boolean isEnded() {
    return ended;
  }

  /** Nothing more is done with it. */
  void giveUp(FrameBatch batch, int i, DropReason reason) {
    batch.dropped(i, reason.ordinal());
    ended = true;
  }

  // ---- key -----------------------------------------------------------------------------------

  /** The key as it was read last. */
  long[] lastKey() {
    return key;
  }

  /** The key of the frame as it is now. */
  long[] readKey(FrameBatch batch, int i) {
    if (stale) {
      int base = i * FrameBatch.HEADER_STRIDE;
      HeaderParser.parseChanged(
          batch.headers,
          base,
          editor.isTagged(),
          editor.network(),
          editor.captured(),
          batch.length[i],
          key,
          0);
      stale = false;
    }
    return key;
  }

  // ---- changes -------------------------------------------------------------------------------

  /** The editor has changed the frame; a frame with another length starts elsewhere. */
  void changed(FrameBatch batch, int i) {
    changed = true;
    stale = true;
    batch.setCaptured(i, editor.captured());
    int grown = editor.grown();
    if (batch.length[i] != length + grown) {
      moved.note(i, address, length);
      batch.address[i] = address - grown;
      batch.setLength(i, length + grown);
    }
  }

  void save(FrameBatch batch, int i, SavedFrame frame) {
    frame.save(batch, i, key, editor);
  }

  /** The frame is again what it was. */
  void restore(FrameBatch batch, int i, SavedFrame frame) {
    frame.restore(batch, i, key, editor);
    stale = false;
  }

  // ---- its own place -------------------------------------------------------------------------

  /** Whether it lies in a buffer that this port's guest posted to receive frames in. */
  static boolean isHome(FrameBatch batch, int i, int port) {
    return OwnerIds.port(batch.owner[i]) == port && (batch.owner[i] & 1) == 0;
  }

  /** What lies in the switch's own memory is read there, so changes must be there. */
  void settle(FrameBatch batch, int i) {
    if (batch.owner[i] == FrameBatch.HOST_POOL) {
      writeBack(batch, i);
    }
  }

  /** The frame leaves as it is now. */
  void leave(FrameBatch batch, int i) {
    settle(batch, i);
    editor.sent();
  }

  /** Whether the frame as it is now has room where it lay when it came. */
  boolean fitsHome() {
    return editor.grown() <= 0;
  }

  /**
   * Puts the frame as it is now where it lay when it came, which is what the descriptor names. One
   * that lost a tag begins further on, so what follows its snapshot moves up.
   */
  void settleHome(FrameBatch batch, int i) {
    long now = batch.address[i];
    int captured = batch.captured(i);
    if (now != address) {
      AddressSpace.move(now + captured, address + captured, batch.length[i] - captured);
      batch.address[i] = address;
    }
    writeBack(batch, i);
  }

  /** Writes what was changed to where the frame lies. */
  private void writeBack(FrameBatch batch, int i) {
    if (changed) {
      int from = i * FrameBatch.HEADER_STRIDE;
      AddressSpace.copyFromArray(batch.headers, from, batch.address[i], batch.captured(i));
    }
  }
}
