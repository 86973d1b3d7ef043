using Google.Protobuf.Reflection;

namespace Grpc.Reflection;

/// <summary>Gathers what <see cref="SymbolRegistry"/> looks up. Not safe for use by many threads.</summary>
internal sealed class SymbolCollector
{
    public Dictionary<string, FileDescriptor> FilesByName { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, FileDescriptor> FilesBySymbol { get; } = new(StringComparer.Ordinal);

    /// <summary>For every message that is known, with or without extensions, the files of those by number.</summary>
    public Dictionary<string, SortedDictionary<int, FileDescriptor>> FilesByExtension { get; } =
        new(StringComparer.Ordinal);

    /// <summary>Adds a file and all that it imports, unless a file of its name is there.</summary>
    public void Add(FileDescriptor file)
    {
        var waiting = new Queue<FileDescriptor>([file]);
        while (waiting.TryDequeue(out var next))
        {
            if (FilesByName.TryAdd(next.Name, next))
            {
                AddSymbolsOf(next);
                foreach (var dependency in next.Dependencies)
                {
                    waiting.Enqueue(dependency);
                }
            }
        }
    }

    private void AddSymbolsOf(FileDescriptor file)
    {
        foreach (var message in file.MessageTypes)
        {
            AddMessage(message);
        }

        foreach (var type in file.EnumTypes)
        {
            AddEnum(type, file.Package);
        }

        AddExtensions(file.Extensions.UnorderedExtensions);
        foreach (var service in file.Services)
        {
            AddSymbol(service.FullName, file);
            foreach (var method in service.Methods)
            {
                AddSymbol(method.FullName, file);
            }
        }
    }

    private void AddMessage(MessageDescriptor message)
    {
        AddSymbol(message.FullName, message.File);
        ExtensionsOf(message.FullName);
        foreach (var field in message.Fields.InDeclarationOrder())
        {
            AddSymbol(field.FullName, message.File);
        }

        foreach (var oneof in message.Oneofs)
        {
            AddSymbol(oneof.FullName, message.File);
        }

        foreach (var nested in message.NestedTypes)
        {
            AddMessage(nested);
        }

        foreach (var type in message.EnumTypes)
        {
            AddEnum(type, message.FullName);
        }

        AddExtensions(message.Extensions.UnorderedExtensions);
    }

    // The values of an enum are siblings of the enum by name, not its children.
    private void AddEnum(EnumDescriptor type, string scope)
    {
        AddSymbol(type.FullName, type.File);
        foreach (var value in type.Values)
        {
            AddSymbol(scope.Length == 0 ? value.Name : $"{scope}.{value.Name}", type.File);
        }
    }

    private void AddExtensions(IEnumerable<FieldDescriptor> extensions)
    {
        foreach (var extension in extensions)
        {
            AddSymbol(extension.FullName, extension.File);
            ExtensionsOf(extension.ExtendeeType.FullName).TryAdd(extension.FieldNumber, extension.File);
        }
    }

    private SortedDictionary<int, FileDescriptor> ExtensionsOf(string messageName)
    {
        if (!FilesByExtension.TryGetValue(messageName, out var numbers))
        {
            FilesByExtension.Add(messageName, numbers = []);
        }

        return numbers;
    }

    private void AddSymbol(string symbol, FileDescriptor file) => FilesBySymbol.TryAdd(symbol, file);
}
