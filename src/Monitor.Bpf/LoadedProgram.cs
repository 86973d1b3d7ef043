using Monitor.Bpf.Interop;

namespace Monitor.Bpf;

/// <summary>A program that is in the kernel, by a descriptor. Any thread.</summary>
public sealed class LoadedProgram : IDisposable
{
    private LoadedProgram(FileDescriptorHandle descriptor, string name)
    {
        Descriptor = descriptor;
        Name = name;
    }

    /// <summary>Name of the C function.</summary>
    public string Name { get; }

    /// <summary>Number of its descriptor, for an image of this process that takes it over. It stays owned by this.</summary>
    public int DescriptorNumber => Descriptor.Number;

    internal FileDescriptorHandle Descriptor { get; }

    /// <summary>Takes over a program that an earlier image of this process left open.</summary>
    /// <param name="descriptor">Its descriptor, owned by the result.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <exception cref="BpfException">It is no program.</exception>
    public static LoadedProgram Inherit(int descriptor, string name) =>
        new(InheritedDescriptor.Take(descriptor, InheritedDescriptor.Program, name), name);

    /// <summary>What the kernel counted of it so far.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public BpfProgramStatistics GetStatistics() => BpfProgramStatistics.Read(Descriptor, Name);

    /// <summary>Closes the descriptor; what is attached stays so.</summary>
    public void Dispose() => Descriptor.Dispose();

    internal static LoadedProgram Duplicate(int borrowed, string name) =>
        new(FileDescriptorHandle.Duplicate(borrowed, name), name);
}
