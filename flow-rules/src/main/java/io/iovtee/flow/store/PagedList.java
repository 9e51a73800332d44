// SPDX-License-Identifier: Apache-2.0
package io.iovtee.flow.store;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.Objects;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/**
 * A list that grows and shrinks at its end, a page at a time: an array list copies itself when it
 * grows, and for a million elements that takes longer than a change of one rule may. One thread.
 */
final class PagedList<E> extends AbstractList<E> implements RandomAccess {
  private static final int PAGE_SHIFT = 10;
  static final int PAGE_SIZE = 1 << PAGE_SHIFT;

  /** Most lists are short: the first page begins so, and doubles. */
  private static final int FIRST_SIZE = 8;

  private @Nullable Object[][] pages = {};
  private int size;

  @Override
  public int size() {
    return size;
  }

  @Override
  @SuppressWarnings("unchecked") // only such elements are put in
  public E get(int index) {
    Objects.checkIndex(index, size);
    return (E) Objects.requireNonNull(pages[index >>> PAGE_SHIFT][at(index)]);
  }

  @Override
  public E set(int index, E element) {
    E before = get(index);
    pages[index >>> PAGE_SHIFT][at(index)] = element;
    return before;
  }

  @Override
  public boolean add(E element) {
    int page = size >>> PAGE_SHIFT;
    if (page == pages.length) {
      pages = Arrays.copyOf(pages, page + 1);
      pages[page] = new Object[page == 0 ? FIRST_SIZE : PAGE_SIZE];
    } else if (at(size) == pages[page].length) {
      pages[page] = Arrays.copyOf(pages[page], 2 * at(size));
    }
    pages[page][at(size)] = element;
    size++;
    modCount++;
    return true;
  }

  /** Takes the last element out; no other can be. */
  @Override
  public E remove(int index) {
    if (index != size - 1) {
      throw new UnsupportedOperationException("only the last can be taken out: index=" + index);
    }
    E last = get(index);
    truncate(index);
    return last;
  }

  /** Takes all from this place on out. */
  void truncate(int length) {
    int kept = (length + PAGE_SIZE - 1) >>> PAGE_SHIFT;
    if (kept < pages.length) {
      pages = Arrays.copyOf(pages, kept);
    }
    if (at(length) != 0) {
      @Nullable Object[] last = pages[kept - 1];
      Arrays.fill(last, at(length), Math.min(last.length, at(length) + size - length), null);
    }
    size = length;
    modCount++;
  }

  private static int at(int index) {
    return index & (PAGE_SIZE - 1);
  }
}
