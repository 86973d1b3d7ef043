using Google.Protobuf.Collections;
using Google.Protobuf.Reflection;

namespace Monitor.Protocol;

/// <summary>
/// Full names of the elements of a file, by their path in source info: field numbers of
/// <c>google/protobuf/descriptor.proto</c> and indexes in turn, joined by dots.
/// </summary>
internal static class ElementNames
{
    public static Dictionary<string, string> ByPath(FileDescriptorProto file)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var prefix = file.Package.Length == 0 ? "" : file.Package + ".";
        AddMessages(names, file.MessageType, $"{FileDescriptorProto.MessageTypeFieldNumber}", prefix);
        AddEnums(names, file.EnumType, $"{FileDescriptorProto.EnumTypeFieldNumber}", prefix);
        for (var i = 0; i < file.Service.Count; i++)
        {
            var path = $"{FileDescriptorProto.ServiceFieldNumber}.{i}";
            var name = prefix + file.Service[i].Name;
            names.Add(path, name);
            Add(names, file.Service[i].Method.Select(m => m.Name), $"{path}.{ServiceDescriptorProto.MethodFieldNumber}", name);
        }

        return names;
    }

    private static void AddMessages(
        Dictionary<string, string> names, RepeatedField<DescriptorProto> messages, string parentPath, string prefix)
    {
        for (var i = 0; i < messages.Count; i++)
        {
            var message = messages[i];
            var path = $"{parentPath}.{i}";
            var name = prefix + message.Name;
            names.Add(path, name);
            Add(names, message.Field.Select(f => f.Name), $"{path}.{DescriptorProto.FieldFieldNumber}", name);
            Add(names, message.OneofDecl.Select(o => o.Name), $"{path}.{DescriptorProto.OneofDeclFieldNumber}", name);
            AddMessages(names, message.NestedType, $"{path}.{DescriptorProto.NestedTypeFieldNumber}", name + ".");
            AddEnums(names, message.EnumType, $"{path}.{DescriptorProto.EnumTypeFieldNumber}", name + ".");
        }
    }

    private static void AddEnums(
        Dictionary<string, string> names, RepeatedField<EnumDescriptorProto> enums, string parentPath, string prefix)
    {
        for (var i = 0; i < enums.Count; i++)
        {
            var path = $"{parentPath}.{i}";
            var name = prefix + enums[i].Name;
            names.Add(path, name);
            Add(names, enums[i].Value.Select(v => v.Name), $"{path}.{EnumDescriptorProto.ValueFieldNumber}", name);
        }
    }

    private static void Add(Dictionary<string, string> names, IEnumerable<string> members, string path, string parent)
    {
        var i = 0;
        foreach (var member in members)
        {
            names.Add($"{path}.{i++}", $"{parent}.{member}");
        }
    }
}
