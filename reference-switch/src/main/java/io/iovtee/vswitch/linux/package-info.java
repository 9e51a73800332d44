// SPDX-License-Identifier: Apache-2.0

/**
 * Every system call the switch makes, named as its man page, through the Foreign Function and
 * Memory API: file descriptors, mappings, Unix and packet sockets, AF_XDP, bpf(2), scheduling.
 *
 * <p>The only package with a {@link java.lang.foreign.Linker}. It depends on nothing but {@code
 * java.base}, and knows neither virtio nor vhost-user nor packets.
 *
 * <p><b>Errors.</b> A failed call becomes an {@link io.iovtee.vswitch.linux.ErrnoException}; calls
 * whose failure is ordinary traffic (would block, busy) return a negative errno, as the kernel
 * does, and say so. errno is captured per call into a segment that belongs to the calling thread.
 *
 * <p><b>Guest memory.</b> A libc function that touches guest memory in user space kills the JVM
 * when the guest has truncated the file behind it. Addresses of guest memory are given only to
 * calls that let the kernel look at them ({@code madvise}, {@code XDP_UMEM_REG}): the kernel
 * answers with an errno instead of a signal.
 *
 * <p><b>Threads.</b> All classes may be used from any thread, one at a time per object, unless they
 * say otherwise. Nothing here starts a thread.
 *
 * <p><b>Structs.</b> The classes named {@code …Abi} hold hand-written numbers of the C headers and
 * nothing else. They are marked with {@link io.iovtee.vswitch.linux.CStruct} or {@link
 * io.iovtee.vswitch.linux.CConstants}; the test {@code io.iovtee.it.abi} compiles a C program and
 * compares every one of them.
 */
@NullMarked
package io.iovtee.vswitch.linux;

import org.jspecify.annotations.NullMarked;
