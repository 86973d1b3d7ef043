using System.Runtime.InteropServices;
using System.Text;
using Monitor.Bpf.Btf;
using Monitor.Bpf.Interop;

namespace Monitor.Bpf;

/// <summary>
/// A compiled BPF object: opened from a file, configured, then loaded into the kernel once. Configure and load on one
/// thread; afterwards maps can be used from any thread.
/// </summary>
/// <remarks>
/// Disposing unloads the programs unless a <see cref="Attaching.BpfLink"/> still holds them, and frees the maps unless a program
/// still uses them.
/// </remarks>
public sealed class BpfObject : IDisposable
{
    private readonly BpfObjectHandle _handle;
    private readonly Lazy<BtfTypes?> _types;

    private BpfObject(BpfObjectHandle handle, string name, byte[] file)
    {
        _handle = handle;
        File = file;
        Name = name;
        _types = new Lazy<BtfTypes?>(ReadTypes);
        Programs = ListPrograms();
        Maps = ListMaps();
    }

    /// <summary>File name without directory and extension.</summary>
    public string Name { get; }

    /// <summary>Every program of the object, in the order of the file, to be loaded or not.</summary>
    public IReadOnlyList<BpfProgram> Programs { get; }

    /// <summary>Every map of the object except those that the compiler made for variables.</summary>
    public IReadOnlyList<BpfMap> Maps { get; }

    /// <summary>Whether <see cref="Load"/> succeeded.</summary>
    public bool IsLoaded { get; private set; }

    /// <summary>The types of the object's BTF, or null where it was compiled without (clang's -g).</summary>
    internal BtfTypes? Types => _types.Value;

    /// <summary>The file, which was checked; null once the object is loaded, when nobody looks at it any more.</summary>
    internal byte[]? File { get; private set; }

    /// <summary>Bytes of the maps that the compiler made for variables.</summary>
    internal long VariableBytes
    {
        get
        {
            using var borrowed = new BorrowedHandle(_handle);
            var bytes = 0L;
            for (nint map = 0; (map = Libbpf.bpf_object__next_map(_handle, map)) != 0;)
            {
                bytes += Libbpf.bpf_map__is_internal(map) ? Libbpf.bpf_map__value_size(map) : 0;
            }

            return bytes;
        }
    }

    /// <summary>Opens and checks a file; nothing goes to the kernel yet.</summary>
    /// <param name="path">A file that clang made with -target bpf, not trusted to be one.</param>
    /// <exception cref="BpfException">The file cannot be read, is too large, or is not a sound BPF object.</exception>
    public static BpfObject Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Libbpf.Initialize();
        var bytes = ObjectFile.Read(path);
        var name = Path.GetFileName(path);
        name = name.EndsWith(".bpf.o", StringComparison.Ordinal) ? name[..^6] : Path.GetFileNameWithoutExtension(name);
        return Open(bytes, name, path);
    }

    /// <summary>Opens and checks what was a file's content; nothing goes to the kernel yet.</summary>
    /// <param name="bytes">What clang made with -target bpf, not trusted to be that. Not to be changed meanwhile.</param>
    /// <param name="name">The object's name.</param>
    /// <exception cref="BpfException">It is not a sound BPF object.</exception>
    public static BpfObject Open(byte[] bytes, string name)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        Libbpf.Initialize();
        return Open(bytes, name, name);
    }

    private static BpfObject Open(byte[] bytes, string name, string path)
    {
        ElfGuard.Check(bytes, path);
        return new BpfObject(OpenHandle(bytes, name, path), name, bytes);
    }

    /// <summary>The program of that name.</summary>
    /// <exception cref="KeyNotFoundException">It does not exist; the message lists those that do.</exception>
    public BpfProgram Program(string name) =>
        Programs.FirstOrDefault(p => p.Name == name) ?? throw NotFound("program", name, Programs.Select(p => p.Name));

    /// <summary>The map of that name.</summary>
    /// <exception cref="KeyNotFoundException">It does not exist; the message lists those that do.</exception>
    public BpfMap Map(string name) =>
        Maps.FirstOrDefault(m => m.Name == name) ?? throw NotFound("map", name, Maps.Select(m => m.Name));

    /// <summary>The layout of a structure, by its name or a typedef's.</summary>
    /// <returns>Null where the object's BTF has none, or there is no BTF.</returns>
    public BtfStruct? FindStruct(string name) => Types is { } t ? BtfStructReader.Find(t, name) : null;

    /// <summary>
    /// Sets a global variable, usually <c>const volatile</c>, before load: the verifier then treats it as a constant and
    /// drops the branches that it rules out.
    /// </summary>
    /// <param name="name">The variable's name in C.</param>
    /// <param name="value">Of exactly the variable's size; bool is one byte.</param>
    /// <exception cref="KeyNotFoundException">There is no such variable; the message lists those that exist.</exception>
    /// <exception cref="ArgumentException">The size differs.</exception>
    /// <exception cref="InvalidOperationException">The object is loaded already, or has no BTF.</exception>
    public void SetGlobal<T>(string name, T value)
        where T : unmanaged =>
        SetGlobalBytes(name, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    /// <summary>
    /// Loads every program whose <see cref="BpfProgram.AutoLoad"/> is set, and creates the maps. To be called once, even
    /// after a failure: open the file again then.
    /// </summary>
    /// <exception cref="BpfException">
    /// The kernel refused; <see cref="BpfException.ObjectName"/> is the program where one is to blame, and
    /// <see cref="BpfException.VerifierLog"/> what the verifier said.
    /// </exception>
    public void Load()
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        using var capture = LibbpfMessages.Capture();
        var result = Libbpf.bpf_object__load(_handle);
        if (result != 0)
        {
            throw LoadFailure.Explain(Name, -result, capture.Messages);
        }

        IsLoaded = true;
        File = null;
        foreach (var program in Programs)
        {
            program.TakeDescriptor();
        }

        foreach (var map in Maps)
        {
            map.TakeDescriptor();
        }
    }

    /// <summary>Closes the object; may be called again.</summary>
    public void Dispose()
    {
        foreach (var program in Programs)
        {
            program.Release();
        }

        foreach (var map in Maps)
        {
            map.Close();
        }

        _handle.Dispose();
    }

    private static unsafe BpfObjectHandle OpenHandle(byte[] bytes, string name, string path)
    {
        using var capture = LibbpfMessages.Capture();
        fixed (byte* buffer = bytes)
        fixed (byte* nameBytes = Encoding.UTF8.GetBytes(name + '\0'))
        {
            var native = new BpfObjectOpenOptions
            {
                Size = (nuint)sizeof(BpfObjectOpenOptions),
                ObjectName = nameBytes,
            };
            var handle = Libbpf.bpf_object__open_mem(buffer, (nuint)bytes.Length, &native);
            if (handle.IsInvalid)
            {
                var error = Marshal.GetLastPInvokeError();
                throw new BpfException("opening", path, error, VerifierLogText.Summarize(capture.Messages));
            }

            return handle;
        }
    }

    private static KeyNotFoundException NotFound(string kind, string name, IEnumerable<string> existing) =>
        new($"There is no {kind} '{name}'; there are: {string.Join(", ", existing)}.");

    private unsafe BtfTypes? ReadTypes()
    {
        using var borrowed = new BorrowedHandle(_handle);
        var btf = Libbpf.bpf_object__btf(_handle);
        uint size = 0;
        var data = btf == 0 ? null : Libbpf.btf__raw_data(btf, &size);
        return data == null ? null : BtfTypes.Parse(new ReadOnlySpan<byte>(data, (int)size).ToArray(), Name);
    }

    private GlobalVariable FindGlobal(string name)
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        if (IsLoaded)
        {
            throw new InvalidOperationException($"Variable '{name}' of {Name} can be set only before the object is loaded.");
        }

        var available = Types ?? throw new InvalidOperationException(
            $"Variables of {Name} cannot be found by name: the object has no BTF (compile it with clang -g).");
        return GlobalVariables.Find(available, name, Name);
    }

    private unsafe void SetGlobalBytes(string name, ReadOnlySpan<byte> value)
    {
        var variable = FindGlobal(name);
        if (value.Length != variable.Size)
        {
            throw new ArgumentException($"'{name}' of {Name} has {variable.Size} bytes, but the value has {value.Length}.");
        }

        using var borrowed = new BorrowedHandle(_handle);
        for (nint map = 0; (map = Libbpf.bpf_object__next_map(_handle, map)) != 0;)
        {
            // libbpf names the map of .rodata "<object>.rodata", with as much of the object's name as fits.
            if (!Libbpf.bpf_map__is_internal(map)
                || !NativeString(Libbpf.bpf_map__name(map)).EndsWith(variable.Section, StringComparison.Ordinal))
            {
                continue;
            }

            nuint size;
            var memory = Libbpf.bpf_map__initial_value(map, &size);
            if (memory == null || (nuint)variable.Offset + (nuint)variable.Size > size)
            {
                break;
            }

            value.CopyTo(new Span<byte>(memory + variable.Offset, variable.Size));
            return;
        }

        throw new InvalidOperationException($"'{name}' of {Name} is in section {variable.Section}, which has no map.");
    }

    private unsafe List<BpfProgram> ListPrograms()
    {
        var list = new List<BpfProgram>();
        for (nint p = 0; (p = Libbpf.bpf_object__next_program(_handle, p)) != 0;)
        {
            var program = new BpfProgram(
                _handle, p, NativeString(Libbpf.bpf_program__name(p)), NativeString(Libbpf.bpf_program__section_name(p)));
            SectionTypes.Complete(program);
            list.Add(program);
        }

        return list;
    }

    private unsafe List<BpfMap> ListMaps()
    {
        var list = new List<BpfMap>();
        for (nint m = 0; (m = Libbpf.bpf_object__next_map(_handle, m)) != 0;)
        {
            if (!Libbpf.bpf_map__is_internal(m))
            {
                list.Add(new BpfMap(_handle, m, NativeString(Libbpf.bpf_map__name(m))));
            }
        }

        return list;
    }

    private static unsafe string NativeString(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
}
