// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.iovtee;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * What the control plane asks of the engine that maps queues. All methods return at once and may be
 * called from any thread; stages complete on a thread of the engine, which must not be blocked.
 *
 * <p>A refused command fails its stage with {@link MappingRefusedException}.
 */
public interface MappingEngine {
  /**
   * Asks for a mapping. The stage completes when the request is accepted, not when the queue is
   * mapped. Asking again for the same is no error; for something else on the same queue it is.
   */
  CompletionStage<MappingStatus> request(MappingRequest request);

  /** All mappings, by queue. */
  CompletionStage<List<MappingStatus>> list();

  /** Why a queue is mapped or not; also for queues that nobody asked to map. */
  CompletionStage<Explanation> explain(QueueId queue);

  /** Fixes the mapping's mode, whatever the advisor says; clears a foreign frame's verdict. */
  CompletionStage<MappingStatus> pin(String id, MappingMode mode);

  /** Hands the mapping back to the advisor; clears a foreign frame's verdict. */
  CompletionStage<MappingStatus> unpin(String id);

  /** Removes a mapping; the stage completes when the NIC can no longer write to the guest. */
  CompletionStage<MappingStatus> remove(String id);

  /** Tells the engine what happened; in order. */
  void on(SwitchEvent event);

  /** Tells the consumer of each change of state, on a thread of the engine. Set once. */
  void onTransition(Consumer<MappingStatus> consumer);
}
