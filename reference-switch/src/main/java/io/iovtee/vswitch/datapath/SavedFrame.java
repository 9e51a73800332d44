// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.flow.classifier.FlowKey;

/**
 * A frame as it was before a bucket changed it: what the next bucket, and what follows the group,
 * start with again. One loop owns it.
 */
final class SavedFrame {
  private final byte[] header = new byte[FrameBatch.HEADER_STRIDE];
  private final long[] key = new long[FlowKey.WORDS];
  private final FrameEditor editor = new FrameEditor();
  private long address;
  private int length;
  private int captured;

  void save(FrameBatch batch, int i, long[] keyNow, FrameEditor editorNow) {
    System.arraycopy(
        batch.headers, i * FrameBatch.HEADER_STRIDE, header, 0, FrameBatch.HEADER_STRIDE);
    System.arraycopy(keyNow, 0, key, 0, FlowKey.WORDS);
    editor.copyFrom(editorNow);
    address = batch.address[i];
    length = batch.length[i];
    captured = batch.captured(i);
  }

  void restore(FrameBatch batch, int i, long[] keyNow, FrameEditor editorNow) {
    System.arraycopy(
        header, 0, batch.headers, i * FrameBatch.HEADER_STRIDE, FrameBatch.HEADER_STRIDE);
    System.arraycopy(key, 0, keyNow, 0, FlowKey.WORDS);
    editorNow.copyFrom(editor);
    batch.address[i] = address;
    batch.setLength(i, length);
    batch.setCaptured(i, captured);
  }
}
