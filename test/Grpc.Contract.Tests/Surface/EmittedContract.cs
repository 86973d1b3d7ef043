using System.Reflection;
using System.Reflection.Emit;

namespace Grpc.Contract.Tests.Surface;

/// <summary>Makes contract assemblies that lack what the real one has, to see what the check says.</summary>
internal static class EmittedContract
{
    /// <summary>An assembly under the name of the contract, with one type.</summary>
    /// <param name="name">The full name of the type.</param>
    /// <param name="attributes">Its visibility and kind.</param>
    /// <param name="define">Adds its members.</param>
    public static ContractAssembly WithType(string name, TypeAttributes attributes, Action<TypeBuilder> define)
    {
        var identity = new AssemblyName("Grpc.Core.Api") { Version = new Version(1, 0) };
        var assembly = new PersistedAssemblyBuilder(identity, typeof(object).Assembly);
        var type = assembly.DefineDynamicModule("Grpc.Core.Api").DefineType(name, attributes);
        define(type);
        type.CreateType();
        var image = new MemoryStream();
        assembly.Save(image);
        image.Position = 0;
        return new ContractAssembly(image);
    }

    /// <summary>Adds a method that gives a default.</summary>
    public static void Method(
        this TypeBuilder type, string name, MethodAttributes attributes, Type result, params Type[] parameters)
    {
        var method = type.DefineMethod(name, attributes, result, parameters);
        if (!attributes.HasFlag(MethodAttributes.Abstract))
        {
            method.GetILGenerator().Emit(OpCodes.Ldnull);
            method.GetILGenerator().Emit(OpCodes.Ret);
        }
    }
}
