// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import io.iovtee.api.DropReason;
import java.util.function.ObjIntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The outputs that frames of this batch went to: each is flushed once behind it. One that fails
 * costs the frames that it was to send; the batch goes on for other ports. One loop owns it.
 */
final class UsedOutputs {
  private final @Nullable TxQueue[] byPort;
  private final TxQueue[] used = new TxQueue[OwnerIds.PORTS_MAX + 1];
  private int usedCount;

  private ObjIntConsumer<RuntimeException> failureListener =
      (e, port) -> {
        throw e;
      };

  /**
   * Made once.
   *
   * @param byPort the loop's outputs by port number, as they are from time to time
   */
  UsedOutputs(@Nullable TxQueue[] byPort) {
    this.byPort = byPort;
  }

  /** Who is told what an output threw, and its port (0: no port's any more); none: the caller. */
  void onFailure(ObjIntConsumer<RuntimeException> listener) {
    failureListener = listener;
  }

  /** {@link TxQueue#transmit}; a frame that an output fails at counts as dropped. */
  void transmit(TxQueue output, FrameBatch batch, int[] index, int count, boolean mayTake) {
    note(output); // first: of a batch that is broken off all that was sent must be flushed, too
    try {
      output.transmit(batch, index, count, mayTake);
    } catch (RuntimeException e) {
      for (int k = 0; k < count; k++) {
        batch.dropped(index[k], DropReason.INTERNAL_ERROR.ordinal());
      }
      failureListener.accept(e, portOf(output));
    }
  }

  @SuppressWarnings("ReferenceEquality") // an output is itself only
  private void note(TxQueue output) {
    TxQueue written = MirroredOutput.behind(output); // a port has one entry, whoever sends to it
    for (int u = usedCount - 1; u >= 0; u--) {
      if (used[u] == written) {
        return;
      }
    }
    used[usedCount++] = written;
  }

  /** One used-index store, one doorbell per output. */
  void flush() {
    while (usedCount > 0) {
      TxQueue output = used[--usedCount];
      try {
        output.flush();
      } catch (RuntimeException e) {
        failureListener.accept(e, portOf(output));
      }
    }
  }

  /** Number of the port that an output is of; 0 if it is no port's any more. */
  @SuppressWarnings("ReferenceEquality") // an output is itself only
  int portOf(TxQueue output) {
    TxQueue wanted = MirroredOutput.behind(output);
    if (wanted instanceof GuestOutput guest) {
      return guest.portNumber(); // it may be off the loop by now, for this very failure
    }
    for (int port = 1; port < byPort.length; port++) {
      TxQueue one = byPort[port];
      if (one != null && MirroredOutput.behind(one) == wanted) {
        return port;
      }
    }
    return 0;
  }
}
