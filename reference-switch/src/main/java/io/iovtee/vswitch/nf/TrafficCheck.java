// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nf;

import io.iovtee.vswitch.frames.SequenceCheck;
import io.iovtee.vswitch.frames.TestFrame;
import io.iovtee.vswitch.frames.TestFrameReader;
import io.iovtee.vswitch.linux.AddressSpace;

/** Verifies received frames, over all queue pairs and connections. NF thread. */
final class TrafficCheck {
  /** The longest test frame with a VLAN tag; of a longer frame this much is looked at. */
  private static final int LENGTH_MAX = TestFrame.LENGTH_MAX + 4;

  private final NfCounters counters;
  private final TestFrameReader reader = new TestFrameReader();
  private final SequenceCheck sequences;
  private final byte[] frame = new byte[LENGTH_MAX];
  private int length;

  TrafficCheck(NfTraffic expected, NfCounters counters) {
    this.counters = counters;
    this.sequences = new SequenceCheck(expected.tenant(), expected.flows());
  }

  /** Starts a frame: it comes in pieces, one per buffer. */
  void begin() {
    length = 0;
  }

  void addPiece(long address, int pieceLength) {
    int copied = Math.min(pieceLength, LENGTH_MAX - length);
    if (copied > 0) {
      AddressSpace.copyToArray(address, frame, length, copied);
      length += copied;
    }
  }

  /** The frame is complete. */
  void end() {
    switch (reader.read(frame, 0, length)) {
      case GOOD -> {
        sequences.add(reader.tenant(), reader.flow(), reader.sequence());
        publish();
      }
      case CORRUPT -> counters.add(NfCounters.CORRUPT, 1);
      case FOREIGN -> counters.add(NfCounters.FOREIGN, 1);
    }
  }

  private void publish() {
    counters.set(NfCounters.GOOD, sequences.good());
    counters.set(NfCounters.MISSING, sequences.missing());
    counters.set(NfCounters.DUPLICATED, sequences.duplicated());
    counters.set(NfCounters.REORDERED, sequences.reordered());
    counters.set(NfCounters.LATE, sequences.late());
    counters.set(NfCounters.MISDELIVERED, sequences.misdelivered());
  }
}
