using Google.Protobuf.Reflection;

namespace Grpc.Reflection;

/// <summary>
/// Finds the file that declares something. Immutable and safe for use by many threads; built once, since a lookup by
/// name would otherwise walk all files.
/// </summary>
public sealed class SymbolRegistry
{
    private readonly Dictionary<string, FileDescriptor> _byName;
    private readonly Dictionary<string, FileDescriptor> _bySymbol;
    private readonly Dictionary<string, SortedDictionary<int, FileDescriptor>> _extensions;

    private SymbolRegistry(SymbolCollector collected)
    {
        _byName = collected.FilesByName;
        _bySymbol = collected.FilesBySymbol;
        _extensions = collected.FilesByExtension;
    }

    /// <summary>Takes in files and all that they import, directly or not.</summary>
    /// <param name="files">The files. Of two with the same name the first counts.</param>
    public static SymbolRegistry FromFiles(IEnumerable<FileDescriptor> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        var collector = new SymbolCollector();
        foreach (var file in files)
        {
            collector.Add(file);
        }

        return new SymbolRegistry(collector);
    }

    /// <summary>The file of a name.</summary>
    /// <param name="filename">The name as it stands in import statements.</param>
    /// <returns>The file; <see langword="null"/> if there is none.</returns>
    public FileDescriptor? FileByName(string filename)
    {
        ArgumentNullException.ThrowIfNull(filename);
        return _byName.GetValueOrDefault(filename);
    }

    /// <summary>The file that declares a symbol.</summary>
    /// <param name="symbol">
    /// The fully qualified name of a service, method, message, field, oneof, enum, enum value or extension, without a
    /// leading dot. The name of an enum value has that of the enum's scope in front, as in C++, not that of the enum.
    /// </param>
    /// <returns>The file; <see langword="null"/> if there is none.</returns>
    public FileDescriptor? FileContainingSymbol(string symbol)
    {
        ArgumentNullException.ThrowIfNull(symbol);
        return _bySymbol.GetValueOrDefault(symbol);
    }

    // The file that declares the extension of a message with a number; null if there is none.
    internal FileDescriptor? FileContainingExtension(string containingType, int number) =>
        _extensions.TryGetValue(containingType, out var numbers) ? numbers.GetValueOrDefault(number) : null;

    // The numbers of the extensions of a message in ascending order, empty if it has none; null if it is not known.
    internal IEnumerable<int>? ExtensionNumbersOf(string containingType) =>
        _extensions.TryGetValue(containingType, out var numbers) ? numbers.Keys : null;
}
