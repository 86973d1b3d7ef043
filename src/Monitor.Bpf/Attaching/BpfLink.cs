using System.Runtime.InteropServices;
using Monitor.Bpf.Interop;

namespace Monitor.Bpf.Attaching;

/// <summary>
/// An attachment of a program to a hook. It ends when it is disposed, from any thread and repeatedly if need be, and when
/// the process ends.
/// </summary>
public sealed class BpfLink : IDisposable
{
    // libbpf's link, the descriptor alone, or a filter of traffic control.
    private readonly SafeHandle _link;

    internal BpfLink(BpfLinkHandle link, string programName)
        : this(link, Libbpf.bpf_link__fd(link), programName)
    {
    }

    /// <summary>An attachment that has no descriptor.</summary>
    internal BpfLink(TrafficControlHandle filter, string programName)
        : this(filter, -1, programName)
    {
    }

    private BpfLink(SafeHandle link, int descriptor, string programName)
    {
        _link = link;
        DescriptorNumber = descriptor;
        ProgramName = programName;
    }

    /// <summary>Name of the program that is attached.</summary>
    public string ProgramName { get; }

    /// <summary>
    /// Number of its descriptor, for an image of this process that takes it over. It stays owned by this. -1 for a filter of
    /// traffic control on kernels before 6.6: it has none, and stays where the process ends without disposing of this.
    /// </summary>
    public int DescriptorNumber { get; }

    /// <summary>Takes over an attachment that an earlier image of this process left open.</summary>
    /// <param name="descriptor">Its descriptor, owned by the result.</param>
    /// <param name="programName">Name of the program that is attached.</param>
    /// <exception cref="BpfException">It is no attachment.</exception>
    public static BpfLink Inherit(int descriptor, string programName) =>
        new(InheritedDescriptor.TakeLink(descriptor, programName), descriptor, programName);

    /// <summary>Starts one pass of an iterator program over what it iterates.</summary>
    /// <exception cref="BpfException">The program is not an iterator, or the kernel refused.</exception>
    public BpfIterator CreateIterator()
    {
        using var borrowed = new BorrowedHandle(_link);
        var descriptor = BpfException.ThrowIfNegative(
            Libbpf.bpf_iter_create(DescriptorNumber), "starting the iterator", ProgramName);
        return new BpfIterator(new FileDescriptorHandle(descriptor), ProgramName);
    }

    /// <summary>Detaches.</summary>
    public void Dispose() => _link.Dispose();
}
