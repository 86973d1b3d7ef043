using System.Numerics;

namespace Monitor.Kubernetes.Cgroups;

/// <summary>
/// A hash table from numbers to references for any number of readers, which take no lock, and one writer at a time. Open
/// addressing; what is removed stays as an empty slot until the table is built anew.
/// </summary>
internal sealed class IdTable<T>
    where T : class
{
    private const int InitialCapacity = 256;

    private Slot[] _slots = new Slot[InitialCapacity];
    private int _used;

    /// <summary>Ids with a value.</summary>
    public int Count { get; private set; }

    /// <summary>The value of an id, null where there is none. Any thread.</summary>
    public T? Find(ulong id)
    {
        var slots = Volatile.Read(ref _slots);
        var mask = slots.Length - 1;
        for (var i = Home(id, mask); ; i = (i + 1) & mask)
        {
            ref var slot = ref slots[i];
            // The writer fills in the id before the state.
            if (!Volatile.Read(ref slot.IsUsed))
            {
                return null;
            }

            if (slot.Id == id)
            {
                return Volatile.Read(ref slot.Value);
            }
        }
    }

    /// <summary>Sets the value of an id. The writer.</summary>
    public void Set(ulong id, T value)
    {
        ref var slot = ref Locate(_slots, id);
        if (slot.IsUsed)
        {
            Count += slot.Value is null ? 1 : 0;
            Volatile.Write(ref slot.Value, value);
            return;
        }

        // At most half full: one or two slots are looked at for a lookup.
        if ((_used + 1) * 2 > _slots.Length)
        {
            Rebuild();
            slot = ref Locate(_slots, id);
        }

        slot.Id = id;
        slot.Value = value;
        Volatile.Write(ref slot.IsUsed, true);
        _used++;
        Count++;
    }

    /// <summary>Forgets an id. The writer.</summary>
    public void Remove(ulong id)
    {
        ref var slot = ref Locate(_slots, id);
        if (slot.IsUsed && slot.Value is not null)
        {
            Volatile.Write(ref slot.Value, null);
            Count--;
        }
    }

    private static int Home(ulong id, int mask) => (int)((id * 0x9E3779B97F4A7C15UL) >> 32) & mask;

    private static ref Slot Locate(Slot[] slots, ulong id)
    {
        var mask = slots.Length - 1;
        var i = Home(id, mask);
        while (slots[i].IsUsed && slots[i].Id != id)
        {
            i = (i + 1) & mask;
        }

        return ref slots[i];
    }

    private void Rebuild()
    {
        var capacity = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(InitialCapacity, (Count + 1) * 4));
        var slots = new Slot[capacity];
        foreach (ref var old in _slots.AsSpan())
        {
            if (old.IsUsed && old.Value is not null)
            {
                ref var slot = ref Locate(slots, old.Id);
                slot.Id = old.Id;
                slot.Value = old.Value;
                slot.IsUsed = true;
            }
        }

        _used = Count;
        Volatile.Write(ref _slots, slots);
    }

    private struct Slot
    {
        public ulong Id;
        public T? Value;
        public bool IsUsed;
    }
}
