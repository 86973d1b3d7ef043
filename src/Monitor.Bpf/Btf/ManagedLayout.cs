using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace Monitor.Bpf.Btf;

/// <summary>
/// Asks the runtime where it put the fields of a structure. Marshal.OffsetOf would answer for the marshalled form, in
/// which bool has four bytes, and not at all for inline arrays.
/// </summary>
internal static class ManagedLayout
{
    private const BindingFlags AllFields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    internal static IReadOnlyList<ManagedField> Of(Type type) => Of(type, 0);

    private static List<ManagedField> Of(Type type, int baseOffset) =>
        type.GetFields(AllFields).Select(f => Describe(f, type, baseOffset)).ToList();

    private static ManagedField Describe(FieldInfo field, Type declaring, int baseOffset)
    {
        var type = field.FieldType.IsEnum ? Enum.GetUnderlyingType(field.FieldType) : field.FieldType;
        var offset = baseOffset + OffsetOf(field, declaring);
        var size = SizeOf(type);
        var name = FieldName(field);
        if (field.GetCustomAttribute<FixedBufferAttribute>() is { } buffer)
        {
            return new ManagedField(name, offset, size, SizeOf(buffer.ElementType), IsSigned(buffer.ElementType), []);
        }

        if (type.GetCustomAttribute<InlineArrayAttribute>() is not null)
        {
            var element = type.GetFields(AllFields)[0].FieldType;
            return new ManagedField(name, offset, size, SizeOf(element), IsSigned(element), []);
        }

        return type.IsPrimitive || type.IsPointer || type.IsFunctionPointer
            ? new ManagedField(name, offset, size, size, IsSigned(type), [])
            : new ManagedField(name, offset, size, 0, null, Of(type, offset));
    }

    // An automatic property's field is called <Name>k__BackingField.
    private static string FieldName(FieldInfo field) =>
        field.Name[0] == '<' ? field.Name[1..field.Name.IndexOf('>', StringComparison.Ordinal)] : field.Name;

    private static bool? IsSigned(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.SByte or TypeCode.Int16 or TypeCode.Int32 or TypeCode.Int64 => true,
        TypeCode.Byte or TypeCode.UInt16 or TypeCode.UInt32 or TypeCode.UInt64 => false,
        _ => null,
    };

    private static int OffsetOf(FieldInfo field, Type declaring)
    {
        var method = new DynamicMethod("OffsetOf", typeof(int), [], declaring, skipVisibility: true);
        var il = method.GetILGenerator();
        var local = il.DeclareLocal(declaring);
        il.Emit(OpCodes.Ldloca, local);
        il.Emit(OpCodes.Ldflda, field);
        il.Emit(OpCodes.Conv_U);
        il.Emit(OpCodes.Ldloca, local);
        il.Emit(OpCodes.Conv_U);
        il.Emit(OpCodes.Sub);
        il.Emit(OpCodes.Conv_I4);
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<Func<int>>()();
    }

    private static int SizeOf(Type type)
    {
        var method = new DynamicMethod("SizeOf", typeof(int), [], typeof(ManagedLayout), skipVisibility: true);
        var il = method.GetILGenerator();
        il.Emit(OpCodes.Sizeof, type);
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<Func<int>>()();
    }
}
