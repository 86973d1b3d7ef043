using System.Reflection;

namespace Grpc.Contract.Tests.Surface;

/// <summary>A method or field of a contract type.</summary>
/// <param name="Text">The signature, with the type parameters of a generic base replaced.</param>
/// <param name="Access">Who may use it, in the terms of methods; fields are given in the same.</param>
/// <param name="IsVirtual">Whether it has a slot that a derived class can take.</param>
/// <param name="IsAbstract">Whether a derived class must take the slot.</param>
/// <param name="Constraints">The constraints of its type parameters, as they must be repeated by an override.</param>
internal sealed record ContractMember(
    string Text, MethodAttributes Access, bool IsVirtual, bool IsAbstract, string Constraints);
