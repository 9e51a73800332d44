// SPDX-License-Identifier: Apache-2.0
package io.iovtee.verticles.iovtee;

/** What can be asked at {@link io.iovtee.verticles.bus.Addresses#MAPPING_COMMANDS}. */
public sealed interface MappingCommand {
  /** Answered with a {@link MappingStatus}. */
  record Request(MappingRequest request) implements MappingCommand {}

  /** Answered with a list of {@link MappingStatus}. */
  record ListAll() implements MappingCommand {}

  /** Answered with an {@link Explanation}. */
  record Explain(QueueId queue) implements MappingCommand {}

  /** Answered with a {@link MappingStatus}. */
  record Pin(String id, MappingMode mode) implements MappingCommand {}

  /** Answered with a {@link MappingStatus}. */
  record Unpin(String id) implements MappingCommand {}

  /** Answered with a {@link MappingStatus} once the NIC can no longer write to the guest. */
  record Remove(String id) implements MappingCommand {}
}
