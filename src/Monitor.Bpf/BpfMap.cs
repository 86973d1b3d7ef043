using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Monitor.Bpf.Interop;

namespace Monitor.Bpf;

/// <summary>
/// One map of an object. Elements can be used after load, from any thread; the generic methods take unmanaged types of
/// exactly the map's key and value sizes. Nothing here allocates per call.
/// </summary>
public sealed partial class BpfMap
{
    private readonly BpfObjectHandle? _owner;
    private readonly nint _map;
    private FileDescriptorHandle? _descriptor;

    internal BpfMap(BpfObjectHandle owner, nint map, string name)
    {
        _owner = owner;
        _map = map;
        Name = name;
        Type = Libbpf.bpf_map__type(map);
        KeySize = (int)Libbpf.bpf_map__key_size(map);
        ValueSize = (int)Libbpf.bpf_map__value_size(map);
    }

    private unsafe BpfMap(FileDescriptorHandle descriptor, in BpfMapInfo info)
    {
        _descriptor = descriptor;
        fixed (byte* name = info.Name)
        {
            Name = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name));
        }

        Type = (BpfMapType)info.Type;
        KeySize = (int)info.KeySize;
        ValueSize = (int)info.ValueSize;
    }

    /// <summary>Its name in C.</summary>
    public string Name { get; }

    /// <summary>The kernel's type.</summary>
    public BpfMapType Type { get; }

    /// <summary>Bytes of a key; 0 for types without keys.</summary>
    public int KeySize { get; }

    /// <summary>Bytes of a value (of one CPU's value in a per-CPU map).</summary>
    public int ValueSize { get; }

    /// <summary>Whether libbpf would keep it in the BPF file system, where it outlives the process and others find it.</summary>
    public bool IsPinned
    {
        get
        {
            using var borrowed = new BorrowedHandle(
                _owner ?? throw new InvalidOperationException($"Map '{Name}' is of no object."));
            return Libbpf.bpf_map__pin_path(_map) != 0;
        }
    }

    /// <summary>Whether each CPU has its own value.</summary>
    public bool IsPerCpu => Type is BpfMapType.PerCpuArray or BpfMapType.PerCpuHash or BpfMapType.LruPerCpuHash
        or BpfMapType.PerCpuCgroupStorage;

    /// <summary>Capacity. It can be set before the object is loaded.</summary>
    /// <exception cref="BpfException">It is set, and the object is loaded.</exception>
    public uint MaxEntries
    {
        get
        {
            if (_owner is null)
            {
                return Ask(Descriptor, Name).MaxEntries;
            }

            using var borrowed = new BorrowedHandle(_owner);
            return Libbpf.bpf_map__max_entries(_map);
        }

        set
        {
            using var borrowed = new BorrowedHandle(
                _owner ?? throw new InvalidOperationException($"Map '{Name}' is of no object."));
            BpfException.ThrowIfNegative(Libbpf.bpf_map__set_max_entries(_map, value), "sizing map", Name);
        }
    }

    /// <summary>How the maps in this map of maps are defined; null for a map of another type. It is no map that can be used.</summary>
    internal BpfMap? Inner
    {
        get
        {
            using var borrowed = new BorrowedHandle(
                _owner ?? throw new InvalidOperationException($"Map '{Name}' is of no object."));
            return Libbpf.bpf_map__inner_map(_map) is not 0 and var inner ? new BpfMap(_owner, inner, $"{Name}.inner") : null;
        }
    }

    /// <summary>The kernel's number of the map, as bpftool shows it.</summary>
    public uint Id => Ask(Descriptor, Name).Id;

    /// <summary>Kernel memory of the map in bytes; 0 where the kernel does not say.</summary>
    public long MemoryBytes => DescriptorInfo.MemoryBytes(Descriptor);

    /// <summary>Number of its descriptor, for an image of this process that takes it over. It stays owned by this.</summary>
    /// <exception cref="InvalidOperationException">The object is not loaded.</exception>
    public int DescriptorNumber => Descriptor.Number;

    /// <exception cref="InvalidOperationException">The object is not loaded.</exception>
    internal FileDescriptorHandle Descriptor =>
        _descriptor ?? throw new InvalidOperationException($"Map '{Name}' is not loaded.");

    /// <summary>Takes over a map that an earlier image of this process left open. The kernel says what it is.</summary>
    /// <param name="descriptor">Its descriptor, owned by the result, whose <see cref="Close"/> ends that.</param>
    /// <param name="name">The name that it must have; the kernel keeps 15 bytes of one.</param>
    /// <exception cref="BpfException">It is no map, or another; the descriptor stays open.</exception>
    public static BpfMap Inherit(int descriptor, string name)
    {
        var handle = InheritedDescriptor.Take(descriptor, InheritedDescriptor.Map, name);
        try
        {
            var map = new BpfMap(handle, Ask(handle, name));
            return map.Name == name
                ? map
                : throw new BpfException("taking over", name, Errno.EINVAL, $"it is the map '{map.Name}'");
        }
        catch
        {
            handle.SetHandleAsInvalid();
            throw;
        }
    }

    /// <summary>Uses the map of another object instead of one of its own. Before the object is loaded.</summary>
    /// <param name="shared">A loaded map of the same layout.</param>
    /// <exception cref="BpfException">It has another layout, or the object is loaded.</exception>
    public void Share(BpfMap shared)
    {
        ArgumentNullException.ThrowIfNull(shared);
        using var borrowed = new BorrowedHandle(
            _owner ?? throw new InvalidOperationException($"Map '{Name}' is of no object."));
        BpfException.ThrowIfNegative(Libbpf.bpf_map__reuse_fd(_map, shared.Descriptor), "sharing map", Name);
    }

    /// <summary>Closes the descriptor. That of an object does it by itself.</summary>
    public void Close() => _descriptor?.Dispose();

    internal void TakeDescriptor()
    {
        var borrowed = Libbpf.bpf_map__fd(_map);
        if (borrowed >= 0)
        {
            _descriptor = FileDescriptorHandle.Duplicate(borrowed, Name);
        }
    }

    private static unsafe BpfMapInfo Ask(FileDescriptorHandle descriptor, string name)
    {
        var info = default(BpfMapInfo);
        var length = (uint)sizeof(BpfMapInfo);
        BpfException.ThrowIfNegative(
            Libbpf.bpf_obj_get_info_by_fd(descriptor, &info, &length), "asking the kernel about map", name);
        return info;
    }

    private void CheckKey<TKey>()
        where TKey : unmanaged
    {
        if (Unsafe.SizeOf<TKey>() != KeySize)
        {
            throw new ArgumentException($"Keys of map '{Name}' have {KeySize} bytes, {typeof(TKey)} has {Unsafe.SizeOf<TKey>()}.");
        }
    }

    private void CheckValue<TValue>()
        where TValue : unmanaged
    {
        if (Unsafe.SizeOf<TValue>() != ValueSize)
        {
            throw new ArgumentException($"Values of map '{Name}' have {ValueSize} bytes, {typeof(TValue)} has {Unsafe.SizeOf<TValue>()}.");
        }
    }

    private void CheckSingleValue<TValue>()
        where TValue : unmanaged
    {
        CheckValue<TValue>();
        if (IsPerCpu)
        {
            throw new InvalidOperationException($"Map '{Name}' has a value per CPU: use the per-CPU methods.");
        }
    }

    private bool Found(int result, string operation) => result switch
    {
        0 => true,
        -Errno.ENOENT => false,
        _ => throw new BpfException(operation, Name, -result, null),
    };
}
